// Package gonb builds GoNB with our patches.
//
// go.mod pins GoNB as a tool. Faults that cannot be fixed from outside are fixed
// by the unified diffs beside this file. Each fixes one fault, which its first
// lines describe; README.md lists them all.
//
// # Contract
//
// [Build] leaves go.mod and the module cache alone. It writes a patched copy of
// GoNB's sources to a folder, together with a go.mod that replaces GoNB by that
// folder, and passes that go.mod to go build as an overlay. (The overlay cannot
// contain the patched files themselves: go refuses overlays of files in the module
// cache.) A second run changes nothing and takes as long as an up-to-date go
// build. If a patch does not fit the pinned version, nothing is built, and the
// error names each such patch with its file and hunk ([MisfitError]).
//
// [StartRefresh] and [WriteRefresh] help to change a patch.
package gonb
