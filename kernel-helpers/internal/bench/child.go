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
)

// finished is what is known of a child that ended well.
type finished struct {
	stdout    []byte
	wall      time.Duration // from start to exit
	cpu       time.Duration // user and system time
	peakBytes int64         // most memory resident at once
}

// runChild runs a command to its end and returns what it printed and used. The
// child is in a process group of its own, which is killed when ctx ends. The
// error of one that fails ends with the last line of its stderr.
func runChild(ctx context.Context, command []string, stdin []byte) (finished, error) {
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	var stdout bytes.Buffer
	var stderr tail
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
		if said := stderr.lastLine(); said != "" {
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

// peakBytes is the child's largest resident size. Linux counts from before the
// child's exec, when it still was a copy of this program: the figure is never
// below this program's own size, so this program stays small.
func peakBytes(state *os.ProcessState) int64 {
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return usage.Maxrss // bytes there, kilobytes elsewhere
	}
	return usage.Maxrss * 1024
}

// withoutProxies takes the proxy settings out of an environment. The server is
// on this machine; Go never asks a proxy for that, requests would.
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
	return append(kept, "no_proxy=*") // for proxies that the system itself sets
}

// tail keeps the end of what is written to it.
type tail struct{ kept []byte }

const tailBytes = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.kept = append(t.kept, p...)
	if len(t.kept) > tailBytes {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-tailBytes:]...)
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	lines := strings.Split(strings.TrimSpace(string(t.kept)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
