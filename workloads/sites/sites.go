// Package sites is what the notebooks download: web pages from a server on
// this machine, made to wait as a far one does, or real URLs in its place.
//
//	urls := sites.Local().URLs(80)                      // 160 URLs
//	n, err := sites.Download(ctx, http.DefaultClient, urls[0])
//
// The server is a real net/http server in a child process, so that a trace,
// a memory figure or a CPU figure of the program shows the client alone. The
// child is the program's own binary started again: this package recognises it
// while packages are initialised, and main never runs in it. So a program that
// starts a server needs nothing installed, no file and no fixed port, and it
// can be a notebook cell, a test binary or a plain program.
//
// The child holds none of its parent's descriptors but three pipes. It ends
// when [Server.Close] is called or when its parent ends, even by kill -9,
// because either closes the pipe that the child reads. It ignores interrupts:
// its parent decides when it ends.
//
// It serves the pages of the documents that the course carries over: one pair
// of 10490 and 276 bytes ([Server.URLs]), and one of 18547 and 32524 bytes
// ([Server.Blog]). Each answer takes 50 ms unless [Latency] says otherwise;
// other options add a cost to each new connection, TLS, limits, compression
// and failures. [Server.Stats] tells what the server saw of its clients.
package sites
