// Package jupyter is a client of Jupyter's messaging protocol 5.4: it finds
// kernel specs, starts kernels, runs code in them and stops them. A program on
// the kernel's side of the sockets can also use its messages, signatures and
// connection files.
//
// The protocol is described at
// https://jupyter-client.readthedocs.io/en/stable/messaging.html.
//
// # Contract
//
// [Start] returns a kernel that has answered a request and whose output is
// known to arrive. [Kernel.Execute] returns when both the reply and the idle
// status of its request have arrived, so all output has been handled by then.
// Output is read as fast as the kernel writes it, however slow the handler is,
// and none is dropped. When a kernel dies, every call that waits for it returns
// within milliseconds, with an error that contains the exit status or signal
// and the last lines of the kernel's log. [Kernel.Shutdown] and [Kernel.Kill]
// leave no process, file or goroutine behind.
package jupyter
