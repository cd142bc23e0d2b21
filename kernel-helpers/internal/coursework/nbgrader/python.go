package nbgrader

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/base/tail"
	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
	"example.com/speedup/kernel-helpers/internal/processes"
)

// pythonCommand prepares to run a module of the checkout's Python in a course's
// folder. The end of ctx kills the process with its process group.
func pythonCommand(ctx context.Context, dir, module string, args ...string) (*exec.Cmd, *tail.Writer, error) {
	python, err := checkout.Python(dir)
	if err != nil {
		return nil, nil, err
	}
	// -I ignores the user's own Python packages and settings.
	cmd := exec.CommandContext(ctx, python, append([]string{"-I", "-X", "utf8", "-m", module}, args...)...)
	cmd.Dir = dir
	errs := &tail.Writer{Bytes: 16 << 10}
	cmd.Stderr = errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return processes.SignalGroup(cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second
	return cmd, errs, nil
}

// explain says why a Python process failed: because ctx ended, or with the last
// line that the process printed.
func explain(ctx context.Context, err error, errs *tail.Writer) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if line := tail.LastLine(untrusted.Clean(errs.String())); line != "" {
		return fmt.Errorf("%w: %s", err, line)
	}
	return err
}

// GenerateAssignment runs nbgrader's generate_assignment in the course in dir,
// into the folder out of the course. It also adds the assignment to nbgrader's
// gradebook. What nbgrader prints goes to log.
func GenerateAssignment(ctx context.Context, dir, assignment, out string, log io.Writer) error {
	cmd, errs, err := pythonCommand(ctx, dir, "nbgrader", "generate_assignment", assignment, "--force",
		"--CourseDirectory.root="+dir, "--CourseDirectory.release_directory="+out)
	if err != nil {
		return err
	}
	cmd.Stdout = log
	cmd.Stderr = io.MultiWriter(log, errs)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("nbgrader generate_assignment: %w", explain(ctx, err, errs))
	}
	return nil
}
