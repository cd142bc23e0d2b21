// Command gonb-build builds the GoNB that go.mod pins, with the patches in
// kernel-helpers/internal/gonb.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	gonb "example.com/speedup/kernel-helpers/internal/gonb"
)

const usage = `Usage: gonb-build [-o FILE] [-folder FOLDER]
       gonb-build -list

Run in the checkout (go run ./kernel-helpers/cmd/gonb-build): builds the GoNB
that go.mod pins, with patches for its faults. go.mod and the module cache stay
as they are. If a patch doesn't fit that version, nothing is built and each such
patch is named with its file and hunk.

`

func main() {
	flags := flag.NewFlagSet("gonb-build", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	out := flags.String("o", "bin/gonb", "the program to write")
	folder := flags.String("folder", ".lab/gonb", "a `folder` of its own for the patched sources; it stays, for the next build")
	list := flags.Bool("list", false, "tell what each patch mends, build nothing")
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		fmt.Println("\nExit status: 0 built, 1 failed, 2 wrong usage.")
		os.Exit(0)
	case err != nil:
		fmt.Fprintf(os.Stderr, "gonb-build: %v; see gonb-build -help\n", err)
		os.Exit(2)
	case flags.NArg() > 0:
		fmt.Fprintf(os.Stderr, "gonb-build: what is %q? There are only flags; see gonb-build -help\n", flags.Arg(0))
		os.Exit(2)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *list {
		err = printPatches()
	} else {
		err = gonb.Build(ctx, gonb.Options{Folder: *folder, Out: *out})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gonb-build:", err)
		os.Exit(1)
	}
}

func printPatches() error {
	patches, err := gonb.Patches()
	for _, p := range patches {
		fmt.Printf("%s\n%s\n\n", p.Name, p.About)
	}
	return err
}
