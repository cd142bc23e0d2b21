// Package langserver shares one gopls among the kernels of a user.
//
// A gopls of its own for each kernel costs 150 MB and more for each notebook. Here
// the first kernel that needs gopls starts it, in its daemon mode, and the others
// connect to the same socket. It belongs to none of them: it outlives the kernel that
// started it while another is connected, and ends by itself a few seconds after the
// last one has gone, however that ended. A kernel that finds it dead starts another.
//
// The socket is in a folder that only the user can enter. Its name depends on what
// gopls is started with, so kernels of different installations don't share one.
package langserver
