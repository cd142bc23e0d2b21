// Package sites provides the pages that the notebooks download: web pages from
// a server on this machine that is as slow as a distant one, or real URLs
// instead.
//
//	urls := sites.Local().URLs(80)                      // 160 URLs
//	n, err := sites.Download(ctx, http.DefaultClient, urls[0])
//
// The server is a real net/http server in a child process, so that a program's
// trace, memory and CPU figures show the client only. The child is the
// program's own binary, started again. This package recognizes it while
// packages are being initialized, so main never runs in it. A program that
// starts a server needs no installation, no file and no fixed port, and may be
// a notebook cell, a test binary or an ordinary program.
//
// The child holds none of its parent's descriptors except three pipes. It ends
// when [Server.Close] is called or when its parent ends, even with kill -9,
// because both close the pipe that the child reads. It ignores interrupts,
// because its parent decides when it should end.
//
// The server has the pages of the documents on which the course is based: a
// pair of 10490 and 276 bytes ([Server.URLs]) and a pair of 18547 and 32524
// bytes ([Server.Blog]). Each response takes 50 ms unless [Latency] is set.
// Other options add a cost for each new connection, TLS, limits, compression
// and failures. [Server.Stats] returns what the server has seen of its clients.
package sites
