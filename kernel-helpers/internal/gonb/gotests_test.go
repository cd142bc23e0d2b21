//go:build unix

package gonb

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/internal/programtest"
)

// TestAKernelRunsGosOwnTestsAsGoRunDoes runs programs of GOROOT/test as cells of
// a kernel, in each of the ways of programtest. SPEEDUP_LONG=1 takes all of them
// instead of a sample.
func TestAKernelRunsGosOwnTestsAsGoRunDoes(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds GoNB and runs programs")
	}
	all := programtest.Programs(t)
	b, err := buildTools()
	if err != nil {
		t.Fatal(err)
	}
	kernels := make(chan *session, runtime.GOMAXPROCS(0))
	for range cap(kernels) {
		s := start(t, b, b.patched, 10*time.Minute, 0, nil, nil)
		if err := s.prints("%cd '"+programtest.Dir()+"'", fmt.Sprintf("Changed directory to %q\n", programtest.Dir())); err != nil {
			t.Fatal(err)
		}
		kernels <- s
	}
	programs := longtest.Pick(programtest.Sample(all, 4), all)
	for _, some := range programtest.Chunks(programs) {
		compareInKernels(t, kernels, some)
	}
	t.Logf("%d programs", len(programs))
}

// compareInKernels runs some programs with and without a kernel. Their files are
// gone when it returns.
func compareInKernels(t *testing.T, kernels chan *session, programs []programtest.Program) {
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sources := make(map[string]string)
	for i, p := range programs {
		sources[fmt.Sprintf("p%d", i)] = p.Text
	}
	programtest.Build(t, dir, sources)
	var group sync.WaitGroup
	for i, p := range programs {
		group.Go(func() {
			s := <-kernels
			defer func() { kernels <- s }()
			want := asInMessages(programtest.Run(t, dir, fmt.Sprintf("p%d", i)))
			for how, cells := range p.Cells() {
				got, err := s.outcome(cells)
				if err != nil {
					t.Errorf("%s as %s: %v", p.Name, how, err)
					return
				}
				if got != want {
					t.Errorf("%s as %s: got %s, want %s", p.Name, how, got, want)
				}
			}
		})
	}
	group.Wait()
}

// outcome runs cells in a session that has forgotten all others, and returns what
// the last one did.
func (s *session) outcome(cells []string) (o programtest.Outcome, err error) {
	if _, err := s.run(context.Background(), "%reset", nil); err != nil {
		return o, err
	}
	for _, code := range cells {
		c, err := s.run(context.Background(), code, nil)
		if err != nil {
			return o, err
		}
		o = programtest.Outcome{Stdout: c.out.String(), Stderr: c.err.String()}
		if c.reply.Status != "ok" {
			o.Stderr, o.Exit = "", c.reply.EValue
		}
	}
	return o, nil
}

// asInMessages returns an outcome as messages have it: each byte that is not
// UTF-8 is U+FFFD.
func asInMessages(o programtest.Outcome) programtest.Outcome {
	valid := func(s string) string {
		var b strings.Builder
		for _, r := range s {
			b.WriteRune(r)
		}
		return b.String()
	}
	return programtest.Outcome{Stdout: valid(o.Stdout), Stderr: valid(o.Stderr), Exit: o.Exit}
}
