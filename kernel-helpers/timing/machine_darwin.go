package timing

import "syscall"

func cpuModel() string {
	name, _ := syscall.Sysctl("machdep.cpu.brand_string") // the name is optional
	return name
}
