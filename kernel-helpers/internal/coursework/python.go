package coursework

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrNoPython is the error where nbgrader is needed and there is none.
var ErrNoPython = errors.New("nbgrader is missing: the checkout has no .venv; `./install.sh prepare` makes it")

// findPython returns the Python that has nbgrader, in the checkout's .venv.
func findPython(course string) (string, error) {
	checkout, err := FindCheckout(course)
	if err != nil {
		return "", err
	}
	python := filepath.Join(checkout, ".venv", "bin", "python")
	if _, err := exec.LookPath(python); err != nil {
		return "", ErrNoPython
	}
	return python, nil
}

// pythonCommand prepares to run a module of the checkout's Python in a course.
// The process gets a group of its own, which is killed when ctx ends.
func pythonCommand(ctx context.Context, course, module string, args ...string) (*exec.Cmd, *tail, error) {
	python, err := findPython(course)
	if err != nil {
		return nil, nil, err
	}
	// -I keeps the user's own Python packages and settings out.
	cmd := exec.CommandContext(ctx, python, append([]string{"-I", "-X", "utf8", "-m", module}, args...)...)
	cmd.Dir = course
	errs := &tail{}
	cmd.Stderr = errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	return cmd, errs, nil
}

// failure says why a Python process ended: because ctx did, or with what it said
// last.
func failure(ctx context.Context, err error, said *tail) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if line := said.lastLine(); line != "" {
		return fmt.Errorf("%w: %s", err, line)
	}
	return err
}

// tail keeps the last bytes that were written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 16 << 10
	t.text = append(t.text, p...)
	t.text = t.text[max(0, len(t.text)-most):]
	return len(p), nil
}

func (t *tail) lastLine() string {
	text := strings.TrimSpace(Clean(string(t.text)))
	return text[strings.LastIndexByte(text, '\n')+1:]
}
