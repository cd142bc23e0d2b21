package bench

import "syscall"

func cpuModel() string {
	model, _ := syscall.Sysctl("machdep.cpu.brand_string")
	return model
}

func osVersion() string {
	version, _ := syscall.Sysctl("kern.osproductversion")
	return "macOS " + version
}
