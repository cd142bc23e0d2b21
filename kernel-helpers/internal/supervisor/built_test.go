package supervisor

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"

	gonb "example.com/speedup/kernel-helpers/internal/gonb"
)

// built are the programs that tests with the real GoNB run.
type built struct {
	dir      string // holds gonb, gonb-kernel, goimports
	checkout string
	gopls    string // "" if there is none
}

var buildAll = sync.OnceValues(func() (b built, err error) {
	mod, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return b, err
	}
	b.checkout = filepath.Dir(strings.TrimSpace(string(mod)))
	if b.dir, err = os.MkdirTemp("", "supervisor-test-"); err != nil {
		return b, err
	}
	builtDir = b.dir
	b.gopls = findGopls(b.checkout)
	err = gonb.Build(context.Background(), gonb.Options{Folder: gonb.SourcesOf(b.checkout, filepath.Join(b.dir, "sources")), Out: filepath.Join(b.dir, "gonb")})
	if err != nil {
		return b, err
	}
	for _, args := range [][]string{
		{fmt.Sprintf("-race=%t", raced()), "-o", b.dir, filepath.Join(b.checkout, "kernel-helpers", "cmd", "gonb-kernel")},
		{"-o", b.dir, "golang.org/x/tools/cmd/goimports"},
	} {
		if out, err := exec.Command("go", append([]string{"build"}, args...)...).CombinedOutput(); err != nil {
			return b, fmt.Errorf("go build %v: %w\n%s", args, err, out)
		}
	}
	return b, nil
})

// raced reports whether the tests and the programs that they build run under the
// race detector, which takes memory and time of its own.
func raced() bool {
	info, _ := debug.ReadBuildInfo()
	return info != nil && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

func findGopls(checkout string) string {
	if own := filepath.Join(checkout, "bin", "gopls"); exec.Command(own, "version").Run() == nil {
		return own
	}
	path, _ := exec.LookPath("gopls")
	return path
}

// tools builds what tests with the real GoNB run, once.
func tools(t testing.TB) built {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds and runs GoNB")
	}
	b, err := buildAll()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// builtDir is the folder of the tests' programs, once there are any.
var builtDir string

// removeBuilt removes the programs that tests have built, and returns 1 if that
// fails.
func removeBuilt() int {
	if builtDir != "" && os.RemoveAll(builtDir) != nil {
		return 1
	}
	return 0
}

// realArgv returns the command line of a kernel with the real GoNB.
func realArgv(t testing.TB) []string {
	t.Helper()
	b := tools(t)
	return []string{filepath.Join(b.dir, "gonb-kernel"), "--connection", "{file}", "--go-work", b.checkout, "--log", "debug"}
}

// realEnv returns its environment, which is like the kernelspec's.
func realEnv(t testing.TB) []string {
	t.Helper()
	b := tools(t)
	path := []string{b.dir, os.Getenv("PATH")}
	if b.gopls != "" {
		path = slices.Insert(path, 1, filepath.Dir(b.gopls))
	}
	return []string{"PATH=" + strings.Join(path, string(os.PathListSeparator)), "GOFLAGS=-ldflags=-w", "GOPROXY=off"}
}

// startedReal starts a kernel with the real GoNB, and connects a client to it.
func startedReal(t testing.TB) (*testKernel, *client) {
	t.Helper()
	k := startKernel(t, kernelOptions{argv: realArgv(t), env: realEnv(t), workdir: t.TempDir()})
	return k, connect(t, k.conn)
}

// patient keeps the supervisor from giving up a GoNB, and with it the declarations,
// because the machine is busy.
const patient = giveUpEnv + "=30s"

// startedPatient is startedReal for tests of interrupts that GoNB survives.
func startedPatient(t testing.TB) (*testKernel, *client) {
	t.Helper()
	k := startKernel(t, kernelOptions{argv: realArgv(t), env: append(realEnv(t), patient), workdir: t.TempDir()})
	return k, connect(t, k.conn)
}
