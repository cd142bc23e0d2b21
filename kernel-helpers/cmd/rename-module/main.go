// Command rename-module gives the module of this checkout another path.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"

	"example.com/speedup/kernel-helpers/internal/modulepath"
)

const usage = `Usage: rename-module PATH

Run it at the top of the checkout:

  go run ./kernel-helpers/cmd/rename-module github.com/you/speedup

It gives the module that path in go.mod, and wherever the old one occurs in files
that git does not ignore: Go files, notebooks with their outputs, scripts,
patches and pages. A second call changes nothing. It refuses paths that Go does
not accept, that have an element "internal" or "vendor", or that collide with a
module in go.mod.

Then run ./install.sh prepare, which builds the programs anew, and look at the
changes with git diff.

Exit status: 0 done, 1 failed, 2 wrong usage.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], ".", os.Stdout, os.Stderr))
}

// run renames the module in root and returns the exit status.
func run(ctx context.Context, args []string, root string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help"):
		fmt.Fprint(stdout, usage)
		return 0
	case len(args) != 1 || args[0] == "" || args[0][0] == '-':
		fmt.Fprintln(stderr, "rename-module: give the new path and nothing else; see rename-module --help")
		return 2
	}
	done, err := modulepath.Rename(ctx, root, args[0])
	for _, name := range done.Changed {
		fmt.Fprintln(stdout, name)
	}
	for _, name := range done.Left {
		fmt.Fprintf(stdout, "%s: left as it is, because it is not text\n", name)
	}
	if err != nil {
		fmt.Fprintln(stderr, "rename-module:", err)
		return 1
	}
	fmt.Fprintf(stdout, "%d files changed\n", len(done.Changed))
	return 0
}
