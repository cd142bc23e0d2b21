// Package jupyter is a client of Jupyter's messaging protocol 5.4: it finds
// kernel specs, starts kernels, runs code in them and stops them. Its messages,
// signatures and connection files are also what a program on the kernel's side
// of the sockets needs.
//
// The protocol is described at
// https://jupyter-client.readthedocs.io/en/stable/messaging.html.
//
// # Contract
//
// [Start] returns a kernel that has answered a request and whose output is
// known to arrive. [Kernel.Execute] returns when both the reply and the idle
// status of its request are in, so all output has been handled by then; output
// is read as fast as the kernel writes it, however slow the handler is, and
// none is dropped. A kernel that dies ends every call that waits for it within
// milliseconds, with an error that names the exit status or the signal and the
// last lines the kernel wrote. [Kernel.Shutdown] and [Kernel.Kill] leave no
// process, no file and no goroutine behind.
package jupyter
