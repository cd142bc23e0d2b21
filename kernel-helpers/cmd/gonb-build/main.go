// Gonb-build builds the version of GoNB that go.mod requires, with the patches in
// kernel-helpers/internal/gonb applied, and helps to refresh a patch.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"example.com/speedup/kernel-helpers/internal/gonb"
)

const usage = `Usage: gonb-build [-o FILE] [-folder FOLDER]
       gonb-build -list
       gonb-build -refresh NN [-write] [-folder FOLDER]

Gonb-build builds the version of GoNB that go.mod requires, with the patches in
kernel-helpers/internal/gonb applied. Run it in the checkout:

  go run ./kernel-helpers/cmd/gonb-build

It does not change go.mod or the module cache. If patches do not apply to that
version, it builds nothing and prints each of them with its file and hunk.

With -refresh NN it creates a git working copy of GoNB's sources in which every
patch before NN is a commit and patch NN is applied but not committed. If NN does
not apply, its files have conflict markers. Edit the files there; git diff HEAD
shows the patch. Then write the patch back with -refresh NN -write, which keeps
the text at the beginning of the patch file.

Flags:
`

// A command holds the values of the flags.
type command struct {
	gonb.Options
	list, write bool
	refresh     string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run runs the command and returns its exit status.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	c, err := parse(args, stdout)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "gonb-build: %v; see gonb-build -help\n", err)
		return 2
	case c.list:
		err = printPatches(stdout)
	case c.refresh != "":
		err = c.refreshPatch(ctx, stdout)
	default:
		err = gonb.Build(ctx, c.Options)
	}
	if err != nil {
		fmt.Fprintln(stderr, "gonb-build:", err)
		return 1
	}
	return 0
}

// parse parses the arguments. For -help it prints the help.
func parse(args []string, stdout io.Writer) (command, error) {
	var c command
	flags := flag.NewFlagSet("gonb-build", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.Out, "o", "bin/gonb", "write the program to this `file`")
	flags.StringVar(&c.Folder, "folder", "", "`folder` for the patched sources (default .lab/gonb; kept for the next build) or, with -refresh, for the working copy (default .lab/gonb-refresh); nothing else may use it")
	flags.BoolVar(&c.list, "list", false, "print what each patch fixes, and build nothing")
	flags.StringVar(&c.refresh, "refresh", "", "refresh the patch with this `number`, such as 14")
	flags.BoolVar(&c.write, "write", false, "with -refresh: write the patch back")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		flags.SetOutput(stdout)
		flags.PrintDefaults()
		fmt.Fprintln(stdout, "\nExit status: 0 if it succeeded, 1 if it failed, 2 for wrong usage.")
		return c, err
	case err != nil:
		return c, err
	case flags.NArg() > 0:
		return c, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case c.write && c.refresh == "":
		return c, errors.New("-write needs -refresh")
	case c.list && c.refresh != "":
		return c, errors.New("-list and -refresh are mutually exclusive")
	case c.Folder == "" && c.refresh != "":
		c.Folder = ".lab/gonb-refresh"
	case c.Folder == "":
		c.Folder = ".lab/gonb"
	}
	return c, nil
}

// refreshPatch starts to refresh a patch, or with -write writes it back.
func (c command) refreshPatch(ctx context.Context, stdout io.Writer) error {
	o := gonb.RefreshOptions{Dir: c.Dir, Folder: c.Folder, Number: c.refresh}
	if c.write {
		file, later, err := gonb.WriteRefresh(ctx, o)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdout, "Wrote %s\n", file)
		for _, misfit := range later {
			fmt.Fprintf(stdout, "Refresh next: %v\n", misfit)
		}
		return nil
	}
	r, err := gonb.StartRefresh(ctx, o)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdout, "Applied %s in %s\n", r.Patch, r.Folder)
	for _, conflict := range r.Conflicts {
		fmt.Fprintf(stdout, "Resolve the conflict: %v\n", conflict)
	}
	fmt.Fprintf(stdout, "Edit the files there, then write the patch back:\n  go run ./kernel-helpers/cmd/gonb-build -refresh %s -write\n", c.refresh)
	return nil
}

func printPatches(stdout io.Writer) error {
	patches, err := gonb.Patches()
	for _, p := range patches {
		fmt.Fprintf(stdout, "%s\n%s\n\n", p.Name, p.About)
	}
	return err
}
