// Nbscript turns a Go notebook into one program. Run nbscript --help for its options.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"example.com/speedup/kernel-helpers/base/atomicfile"
	"example.com/speedup/kernel-helpers/internal/notebook"
	"example.com/speedup/kernel-helpers/internal/script"
)

const usage = `Nbscript turns a Go notebook into one Go program.

Usage: nbscript [-o OUT.go] [--dir FOLDER] [--title NAME] FILE.ipynb

  -o OUT.go      write the program to this file in place of stdout
  --dir FOLDER   look packages up as in this folder: that of the notebook unless
                 given, the current one if the notebook comes from stdin (FILE is -)
  --title NAME   the notebook's name in the program's first line
  --help         print this help

The program has the declarations that are left after the last cell, a function
for each cell with a body, and a main that calls them in order. Commands and
cells that are not Go become comments. So does what does not compile with the
final declarations; a line on stderr names it. Missing imports are added.

Exit status: 0 done, 1 failed, 2 wrong usage.
`

// settings are the values of the command line.
type settings struct{ out, dir, title, file string }

func parse(args []string) (settings, error) {
	var s settings
	flags := flag.NewFlagSet("nbscript", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&s.out, "o", "", "")
	flags.StringVar(&s.dir, "dir", "", "")
	flags.StringVar(&s.title, "title", "", "")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if flags.NArg() != 1 {
		return s, errors.New("one notebook is needed")
	}
	s.file = flags.Arg(0)
	return s, nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
		fmt.Fprintf(stderr, "nbscript: %v; see nbscript --help\n", err)
		return 2
	}
	if err := convert(ctx, s, stdin, stdout, stderr); err != nil {
		fmt.Fprintf(stderr, "nbscript: %v\n", err)
		return 1
	}
	return 0
}

// convert reads the notebook and writes the program.
func convert(ctx context.Context, s settings, stdin io.Reader, stdout, stderr io.Writer) error {
	var nb *notebook.Notebook
	if s.file == "-" {
		text, err := io.ReadAll(stdin)
		if err != nil {
			return fmt.Errorf("read stdin: %w", err)
		}
		if nb, err = notebook.Parse(text); err != nil {
			return err
		}
	} else {
		var err error
		if nb, err = notebook.Read(s.file); err != nil {
			return err
		}
		if s.dir == "" {
			s.dir = filepath.Dir(s.file)
		}
	}
	text, omitted, err := script.Program(ctx, cmp.Or(s.title, filepath.Base(s.file)), s.dir, nb.CodeSources())
	if err != nil {
		return err
	}
	for _, o := range omitted {
		fmt.Fprintf(stderr, "nbscript: only as a comment: %s\n", o)
	}
	if s.out == "" {
		_, err = stdout.Write(text)
		return err
	}
	return atomicfile.WriteFile(s.out, text, 0o644)
}
