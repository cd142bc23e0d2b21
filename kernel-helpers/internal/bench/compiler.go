package bench

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed c/cpu.c
var cSource string

// compileC compiles the C side in a folder and returns the program's path and
// the version of the compiler. It takes a fraction of a second.
func compileC(ctx context.Context, folder string) (program, version string, err error) {
	compiler, err := exec.LookPath("cc")
	if err != nil {
		return "", "", errors.New("no C compiler: there is no cc on PATH")
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	source := filepath.Join(folder, "cpu.c")
	program = filepath.Join(folder, "cpu")
	if err := os.WriteFile(source, []byte(cSource), 0o600); err != nil {
		return "", "", err
	}
	if _, err := runChild(ctx, []string{compiler, "-O2", "-o", program, source}, nil); err != nil {
		return "", "", fmt.Errorf("%s can't compile the C side: %w", compiler, err)
	}
	said, err := runChild(ctx, []string{compiler, "--version"}, nil)
	if err != nil {
		return "", "", fmt.Errorf("%s --version: %w", compiler, err)
	}
	version, _, _ = strings.Cut(string(said.stdout), "\n")
	return program, strings.TrimSpace(version), nil
}

// cCommand returns the command that runs the C side, with the job as arguments.
func cCommand(program string, job Job) []string {
	return []string{program, job.Way, strconv.Itoa(job.First), strconv.Itoa(job.Steps)}
}
