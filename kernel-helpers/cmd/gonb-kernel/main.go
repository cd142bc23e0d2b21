// Command gonb-kernel is the Jupyter kernel "Go (gonb)": a supervisor in front
// of GoNB. Kernelspecs start it; see --help.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"example.com/speedup/kernel-helpers/internal/supervisor"
)

const usage = `gonb-kernel runs the GoNB kernel under supervision.

usage: gonb-kernel --connection FILE [--gonb PROGRAM] [--go-work FOLDERS] [--log LEVEL] [-- GONB-FLAGS]

A kernelspec starts it with the connection file that Jupyter writes:

    "argv": ["gonb-kernel", "--connection", "{connection_file}"],
    "interrupt_mode": "message"

Every cell can be interrupted, whatever it does. When the kernel ends, its
processes and files are gone. Errors name the cell and line. Of a cell's output,
2 MB are shown and 256 MB more are kept in a file, which the cell's last line
names. When GoNB dies it is started again, and a cell with %replay then runs all
cells again that declared something. The language server (gopls, if it is on
PATH) starts when a user's front end connects.

The kernel's log goes to standard error, where Jupyter shows it. Exit status: 0
after a shutdown, 1 if it failed, 2 for wrong usage.

flags:
`

func main() { os.Exit(run()) }

func run() int {
	flags := flag.NewFlagSet("gonb-kernel", flag.ContinueOnError)
	connection := flags.String("connection", "", "the connection `file` that Jupyter wrote")
	gonb := flags.String("gonb", "", "the GoNB `program` (default: gonb beside this program, then on PATH)")
	goWork := flags.String("go-work", "", "comma-separated `folders` of modules that every notebook can import")
	level := flags.String("log", "warn", "what to log: debug, info, warn or error")
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "gonb-kernel: %v (see --help)\n", err)
		return 2
	}
	var lowest slog.Level
	if err := lowest.UnmarshalText([]byte(*level)); err != nil {
		fmt.Fprintf(os.Stderr, "gonb-kernel: --log: %q is none of debug, info, warn and error\n", *level)
		return 2
	}
	if *connection == "" {
		fmt.Fprintln(os.Stderr, "gonb-kernel: --connection is missing: it names the file that Jupyter wrote (see --help)")
		return 2
	}
	program, err := find(*gonb)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gonb-kernel:", err)
		return 1
	}
	command := []string{program, "--kernel", "{connection_file}", "-raw_error=true"}
	if *goWork != "" {
		command = append(command, "-go_work="+*goWork)
	}
	status, err := supervisor.Main(supervisor.Options{
		ConnectionFile: *connection,
		Command:        append(command, flags.Args()...),
		Log:            slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: lowest})),
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "gonb-kernel:", err)
	}
	return status
}

// find returns the path of GoNB: the named program, the one beside this program, or
// the one on PATH.
func find(named string) (string, error) {
	if named != "" {
		return exec.LookPath(named)
	}
	if self, err := os.Executable(); err == nil {
		if beside, err := exec.LookPath(filepath.Join(filepath.Dir(self), "gonb")); err == nil {
			return beside, nil
		}
	}
	path, err := exec.LookPath("gonb")
	if err != nil {
		return "", fmt.Errorf("find gonb: %s; install it or name it with --gonb", strings.TrimPrefix(err.Error(), "exec: "))
	}
	return path, nil
}
