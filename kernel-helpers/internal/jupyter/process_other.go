//go:build !linux

package jupyter

import "syscall"

// processAttributes: a process group of its own, so that a signal reaches the
// kernel's children and Ctrl-C in our terminal doesn't reach the kernel.
func processAttributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// awaitExit: Wait does.
func awaitExit(int) {}

// sweep finds nothing here: there is no /proc. Processes that left the kernel's
// process group stay.
func sweep(string) error { return nil }
