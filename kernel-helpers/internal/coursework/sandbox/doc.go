// Package sandbox runs programs apart from the rest of the machine, with
// bubblewrap: without a network, without other processes in sight, with only the
// system's libraries and the named paths to read, and nothing to write but a
// private /tmp and the named folders. Limits of processor time, memory, files,
// processes and output hold with and without bubblewrap.
//
// The package knows nothing of what it runs. A program that uses it calls [Main]
// first: inside the sandbox the program starts itself, sets the limits, and then
// becomes the program to run or carries out a [Task].
//
// The files build on each other in this order: family.go (a program's
// processes), limits.go, output.go, child.go (what runs inside), process.go (what
// watches from outside), sandbox.go (bubblewrap), leftover.go, workspace.go,
// retry.go.
package sandbox
