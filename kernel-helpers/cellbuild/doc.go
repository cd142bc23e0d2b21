// Package cellbuild builds the program of a cell in the time that the compiler
// and the linker need.
//
// A kernel makes one program after another from a folder with one source file,
// main.go. Of what `go build` does for each, most is the same every time: find
// the packages and modules, read and hash every source file, look up the cache.
// A [Builder] keeps the outcome and runs `go tool compile` and `go tool link`
// itself, as long as the outcome holds.
//
// # Contract
//
// [Builder.Build] either makes the program that `go build` would make, or
// reports that it didn't, and the caller runs go build. It declines whenever it
// isn't sure, and whenever a tool fails: so all errors are go build's own. The
// programs are equal but for their build IDs.
//
// What is kept, and how it is known to hold:
//
//   - The commands: those that a go build of the same folder with the same flags
//     and environment ran for its package main, seen with -toolexec. In them the
//     files and IDs are exchanged, nothing else.
//   - The packages: what `go list -deps -export` tells of them. Each file that
//     it read, each folder, go.mod, go.sum, the toolchain and go's settings must
//     be the same files of the same size with the same times of change
//     (st_mtim, st_ctim) as they were then; what was changed while it was read,
//     or just before, is not kept at all. What was missing must be missing. The
//     module files of the folder itself are compared by content.
//   - Importability: a package of another module may be imported if go list has
//     accepted that import by main.go; one of the standard library also if no
//     rule of the go command stands against it.
//
// Declined are: files beside main.go that go build would take, cgo, embedding,
// build constraints and compiler directives in main.go, flags and GOFLAGS other
// than the few in config.go, another GOOS or GOARCH, version control stamps,
// test and WebAssembly cells, systems without inode change times.
//
// Why it is a package for GoNB (patch 19 in internal/gonb), and not a
// `go` on its PATH: the kernel knows which `go build` is a cell's, while a
// stand-in for go would see a reader's `!go …` too, and would have to guess.
// State is kept in memory without a file format, interrupts go the way that they
// go for go build, and there is one process less to start for each cell.
//
// A Builder is used by one goroutine at a time. Builders of several kernels
// share nothing but go's build cache, which may be wiped at any moment.
package cellbuild
