package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/base/tail"
)

// finished describes a child that ended successfully.
type finished struct {
	stdout    []byte
	wall      time.Duration // from start to exit
	cpu       time.Duration // user and system time
	peakBytes int64         // maximum of resident memory
}

// runChild runs a command to its end and returns its output and resource usage.
// The child is in its own process group, which is killed when ctx ends. If the
// child fails, the error ends with the last line of its stderr.
func runChild(ctx context.Context, command []string, stdin []byte) (finished, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stdout bytes.Buffer
	var stderr tail.Writer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = bytes.NewReader(stdin), &stdout, &stderr
	cmd.Env = withoutProxies(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second

	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if ctx.Err() != nil {
		if errors.Is(ctx.Err(), context.DeadlineExceeded) {
			return finished{}, fmt.Errorf("not done after %.0f s: killed", wall.Seconds())
		}
		return finished{}, context.Cause(ctx)
	}
	if err != nil {
		if said := tail.LastLine(stderr.String()); said != "" {
			return finished{}, fmt.Errorf("%w: %s", err, said)
		}
		return finished{}, err
	}
	state := cmd.ProcessState
	return finished{
		stdout:    stdout.Bytes(),
		wall:      wall,
		cpu:       state.UserTime() + state.SystemTime(),
		peakBytes: peakBytes(state),
	}, nil
}

// peakBytes returns the child's maximum resident size. On Linux, the figure
// includes the time before the child's exec, when the child was still a copy of
// this program. So it is never below this program's own size, and this program
// must stay small.
func peakBytes(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss // in bytes on macOS, in kilobytes elsewhere
	}
	return usage.Maxrss * 1024
}

// withoutProxies removes the proxy settings from an environment. The server is
// on this machine; Go never uses a proxy for it, but requests would.
func withoutProxies(environ []string) []string {
	var kept []string
	for _, setting := range environ {
		name, _, _ := strings.Cut(setting, "=")
		switch strings.ToLower(name) {
		case "http_proxy", "https_proxy", "all_proxy", "no_proxy":
		default:
			kept = append(kept, setting)
		}
	}
	return append(kept, "no_proxy=*") // for proxies set by the system itself
}
