// Gonb-kernel is the Jupyter kernel "Go (gonb)". It runs GoNB under a supervisor.
// Jupyter starts it by its kernelspec; run gonb-kernel --help for its options.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/shared"
	"example.com/speedup/kernel-helpers/internal/supervisor"
)

const usage = `Gonb-kernel runs the GoNB kernel under a supervisor.

Usage: gonb-kernel --connection FILE [--gonb PROGRAM] [--path FOLDERS] [--shared FOLDER] [--go-work FOLDERS] [--log LEVEL] [-- GONB-FLAGS]

Jupyter starts it by a kernelspec, with the connection file that Jupyter writes:

    "argv": ["gonb-kernel", "--connection", "{connection_file}"],
    "interrupt_mode": "message"

Every cell can be interrupted. When the kernel ends, it leaves no processes and no
temporary files. Errors name the cell and the line. The first 2 MB of a cell's
output are shown; up to 256 MB more are kept in a file, which the last line of
the output names. If GoNB dies, the supervisor restarts it with what earlier cells
declared; the cell magic %replay runs those cells again. The language server
(gopls, if it is there) starts when a user's front end connects.

The kernel and its cells find programs (go, goimports, gopls) in the folders of
--path, then in the folder of gonb-kernel, then on PATH. Some front ends, VS Code
among them, leave out the PATH of a kernelspec.

With --shared the installation belongs to another user, who has made that folder with
install.sh prepare --shared. At its first start the kernel copies the folder's seeds
into the user's caches.

The log is written to standard error, which Jupyter shows.

Exit status: 0 after a shutdown, 1 if the kernel failed, 2 for wrong usage.

Flags:
`

func main() { os.Exit(run()) }

func run() int {
	flags := flag.NewFlagSet("gonb-kernel", flag.ContinueOnError)
	connection := flags.String("connection", "", "the connection `file` written by Jupyter")
	gonb := flags.String("gonb", "", "the GoNB `program` (default: gonb in the folder of this program, or else on PATH)")
	path := flags.String("path", "", "`folders`, separated as in PATH, to search for programs before PATH")
	installation := flags.String("shared", "", "`folder` of an installation that several users share")
	goWork := flags.String("go-work", "", "comma-separated list of `folders` with modules that every notebook can import")
	level := flags.String("log", "warn", "lowest `level` to log: debug, info, warn or error")
	flags.SetOutput(io.Discard)
	switch err := flags.Parse(os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Print(usage)
		flags.SetOutput(os.Stdout)
		flags.PrintDefaults()
		return 0
	case err != nil:
		fmt.Fprintf(os.Stderr, "gonb-kernel: %v; see gonb-kernel --help\n", err)
		return 2
	}
	var lowest slog.Level
	if err := lowest.UnmarshalText([]byte(*level)); err != nil {
		fmt.Fprintf(os.Stderr, "gonb-kernel: --log: invalid level %q, want debug, info, warn or error; see gonb-kernel --help\n", *level)
		return 2
	}
	if *connection == "" {
		fmt.Fprintln(os.Stderr, "gonb-kernel: --connection is missing; see gonb-kernel --help")
		return 2
	}
	if err := extendPath(*path); err != nil {
		fmt.Fprintln(os.Stderr, "gonb-kernel:", err)
		return 1
	}
	program, err := findGoNB(*gonb)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gonb-kernel:", err)
		return 1
	}
	command := []string{program, "--kernel", "{connection_file}", "-raw_error=true"}
	if *goWork != "" {
		command = append(command, "-go_work="+*goWork)
	}
	options := supervisor.Options{
		ConnectionFile: *connection,
		Command:        append(command, flags.Args()...),
		Log:            slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: lowest})),
	}
	if *installation != "" {
		options.Prepare = func(ctx context.Context) error { return shared.Use(ctx, *installation) }
	}
	status, err := supervisor.Main(options)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gonb-kernel:", err)
	}
	return status
}

// extendPath puts the named folders, and that of this program, before those of PATH,
// each once.
func extendPath(named string) error {
	folders := filepath.SplitList(named)
	if self, err := os.Executable(); err == nil {
		folders = append(folders, filepath.Dir(self))
	}
	folders = append(folders, filepath.SplitList(os.Getenv("PATH"))...)
	var path []string
	for _, folder := range folders {
		if folder != "" && !slices.Contains(path, folder) {
			path = append(path, folder)
		}
	}
	if err := os.Setenv("PATH", strings.Join(path, string(os.PathListSeparator))); err != nil {
		return fmt.Errorf("set PATH: %w", err)
	}
	return nil
}

// findGoNB returns the path of GoNB: the named program, or the one in the folder of
// this program, or the one on PATH.
func findGoNB(named string) (string, error) {
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
		return "", fmt.Errorf("find gonb: %s; install it or specify it with --gonb", strings.TrimPrefix(err.Error(), "exec: "))
	}
	return path, nil
}
