// Package cellbuild builds the program of a cell in just the time that the
// compiler and the linker need.
//
// A kernel builds one program after another from a folder with one source file,
// main.go. Most of what `go build` does for each is the same every time: it
// finds the packages and modules, reads and hashes every source file, and looks
// up the cache. A [Builder] keeps the results and, as long as they are valid,
// runs `go tool compile` and `go tool link` itself.
//
// # Contract
//
// [Builder.Build] either builds the program that `go build` would build or
// returns an error, and then the caller runs go build. It declines whenever it
// isn't certain and whenever a tool fails, so that all errors are go build's
// own. The programs are identical except for their build IDs.
//
// What a Builder keeps, and how it checks that it is valid:
//
//   - The commands: those that a go build of the same folder with the same
//     flags and
//     environment ran for its package main, recorded with -toolexec. Only the files and
//     IDs in them are replaced.
//   - The packages: the output of `go list -deps -export`. Each file that it
//     read, each
//     folder, go.mod, go.sum, the toolchain and go's settings must still be the same
//     file, of the same size and with the same change times (st_mtim, st_ctim). Anything
//     changed while it was read, or just before, is not kept at all. Missing files must
//     still be missing. The module files of the folder itself are compared by content.
//   - Importability: main.go may import a package of another module if go list
//     has
//     accepted that import. It may also import packages of the standard library, unless
//     a rule of the go command forbids it.
//
// A Builder declines: files beside main.go that go build would use, cgo,
// embedding, build constraints and compiler directives in main.go, flags and
// GOFLAGS other than the few in config.go, another GOOS or GOARCH, version
// control stamps, test and WebAssembly cells, and systems without inode change
// times.
//
// This is a package for GoNB (patch 19 in internal/gonb) rather than a `go`
// command early on its PATH. The kernel knows which `go build` belongs to a
// cell, while a substitute for go would also run for a user's `!go …` and would
// have to guess. Besides, the state stays in memory without a file format,
// interrupts work as they do for go build, and each cell starts one process
// less.
//
// A Builder is not safe for concurrent use. The Builders of several kernels
// share only go's build cache, which may be emptied at any moment.
package cellbuild
