package timing

import "syscall"

func cpuModel() string {
	name, _ := syscall.Sysctl("machdep.cpu.brand_string") // no name is no harm
	return name
}
