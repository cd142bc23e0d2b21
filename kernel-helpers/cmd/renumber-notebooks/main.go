// Command renumber-notebooks puts the course's notebooks into another order.
package main

import (
	"fmt"
	"io"
	"os"
)

const usage = `Usage: renumber-notebooks NAME...

Run it at the top of the checkout, with the names of all notebooks in their new
order, without number and extension:

  go run ./kernel-helpers/cmd/renumber-notebooks start-here fan-out - processes

The first becomes 00-start-here.ipynb. A "-" leaves a number free, for a notebook
that is still to be written. It changes the names of the files and, in the text
cells of all notebooks, in Markdown files and in Go files:

  - names and links of notebooks (03-fan-out, [3](03-fan-out.ipynb))
  - their titles and section numbers (# 3 · Fan-out, ## 3.1)
  - references to them (notebook 3, notebooks 4 to 6, 3.1)
  - the order of the rows in the README's table

A number such as 3.1 is a reference if notebook 3 has a section 3.1 and no unit
follows. In code cells, "section 3.1" and "notebook 3" are references. Names of
cells (their ids) and outputs stay. A second call changes nothing. Look at
the changes with git diff.

Exit status: 0 done, 1 failed, 2 wrong usage.
`

func main() { os.Exit(run(os.Args[1:], ".", os.Stdout, os.Stderr)) }

// run renumbers the notebooks of the checkout at root and returns the exit
// status.
func run(args []string, root string, stdout, stderr io.Writer) int {
	switch {
	case len(args) == 1 && (args[0] == "-h" || args[0] == "-help" || args[0] == "--help"):
		fmt.Fprint(stdout, usage)
		return 0
	case len(args) == 0:
		fmt.Fprint(stderr, "renumber-notebooks: no names; see renumber-notebooks --help\n")
		return 2
	}
	changed, err := renumber(root, args)
	for _, name := range changed {
		fmt.Fprintln(stdout, name)
	}
	if err != nil {
		fmt.Fprintln(stderr, "renumber-notebooks:", err)
		return 1
	}
	fmt.Fprintf(stdout, "%d files changed\n", len(changed))
	return 0
}
