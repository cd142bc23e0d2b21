package rpc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/child"
)

const variable = "RPC_TEST"

func init() {
	asked := 0
	Serve(variable, func(ask json.RawMessage) (any, error) {
		asked++
		var what string
		if err := json.Unmarshal(ask, &what); err != nil {
			return nil, err
		}
		switch what {
		case "fail":
			return nil, errors.New("no luck")
		case "exit well":
			os.Exit(0)
		case "panic":
			panic("boom")
		case "nonsense":
			fmt.Fprintln(os.NewFile(child.AnswersFD, ""), "nonsense")
		case "function":
			return func() {}, nil
		}
		return asked, nil
	})
}

func start(t *testing.T) *Process {
	t.Helper()
	p, err := Start(variable, "rpc-test", "the child")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestAChildAnswersUntilItIsClosed(t *testing.T) {
	p := start(t)
	for want := range 3 {
		var got int
		if err := p.Call(t.Context(), "count", &got); err != nil || got != want+1 {
			t.Fatalf("got %d, %v; want %d", got, err, want+1)
		}
	}
	for range 2 {
		if err := p.Close(); err != nil {
			t.Errorf("Close: got error %v, want nil", err)
		}
	}
	if err := syscall.Kill(p.Pid, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the process still exists after Close: %v", err)
	}
	if err := p.Call(t.Context(), "count", new(int)); err == nil || err.Error() != "the child is closed" {
		t.Errorf("a call after Close: got error %v, want that the child is closed", err)
	}
}

func TestErrorsOfACallSayWhatHappened(t *testing.T) {
	for ask, want := range map[string]string{
		"fail":      "no luck",
		"function":  "json: unsupported type: func()",
		"nonsense":  "bad message: ",
		"exit well": "the child has ended",
		"panic":     "the child has ended: exit status 2: panic: boom",
	} {
		p := start(t)
		err := p.Call(t.Context(), ask, new(int))
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got error %v, want %q", ask, err, want)
		}
		_, gone := errors.AsType[*ExitError](err)
		again := p.Call(t.Context(), "count", new(int))
		_, still := errors.AsType[*ExitError](again)
		if ended := strings.Contains(want, "ended"); gone != ended || still != ended {
			t.Errorf("%s: got an ExitError: %t, and at the next call: %v", ask, gone, again)
		}
	}
	p := start(t)
	if err := p.Call(t.Context(), func() {}, new(int)); err == nil {
		t.Error("a request that can't be encoded: got no error")
	}
}

func TestACancelledCallDoesNotAffectOthers(t *testing.T) {
	p := start(t)
	syscall.Kill(p.Pid, syscall.SIGSTOP)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := p.Call(ctx, "count", new(int)); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got error %v, want the deadline", err)
			}
		})
	}
	group.Wait()
	syscall.Kill(p.Pid, syscall.SIGCONT)
	var got, next int
	if err := errors.Join(p.Call(t.Context(), "count", &got), p.Call(t.Context(), "count", &next)); err != nil || next != got+1 {
		t.Errorf("got %d, %d, %v; want two successive numbers", got, next, err)
	}
}

// A program may close the child in one goroutine while another one waits for an
// answer.
func TestCloseEndsACall(t *testing.T) {
	p := start(t)
	syscall.Kill(p.Pid, syscall.SIGSTOP)
	var group sync.WaitGroup
	group.Go(func() {
		if err := p.Call(t.Context(), "count", new(int)); err == nil {
			t.Error("got no error")
		}
	})
	p.Process.Kill()
	if err := p.Close(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("Close: got error %v, want how the child ended", err)
	}
	group.Wait()
}
