// Package gonb builds GoNB with our patches.
//
// GoNB is pinned in go.mod as a tool; its faults that can't be mended from
// outside are mended by the unified diffs beside this file, one fault each,
// described in their first lines and in README.md.
//
// # Contract
//
// [Build] leaves go.mod and the module cache alone. It writes a patched copy of
// GoNB's sources to a folder, and a go.mod that has it in the module's place,
// and hands that to go build as an overlay. (The overlay can't hold the patched
// files themselves: go refuses one for files in the module cache.) A second run
// changes nothing and takes as long as an up-to-date go build. A version of
// GoNB that a patch doesn't fit is not built: the error names every such patch
// with its file and hunk ([MisfitError]).
package gonb
