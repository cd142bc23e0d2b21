package coursework

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
)

func TestAMachineThatIsShortForAMomentStopsNoGrading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		got, err := retry(t.Context(), func() (int, error) {
			if tries++; tries < 4 {
				return 0, &errSandbox{said: "no more processes"}
			}
			return 42, nil
		})
		if got != 42 || err != nil || tries != 4 {
			t.Errorf("got %d, %v after %d tries", got, err, tries)
		}
		tries = 0
		if _, err := retry(t.Context(), func() (int, error) { tries++; return 0, &errSandbox{} }); err == nil || tries != len(retries)+1 {
			t.Errorf("a machine that stays short: %v after %d tries", err, tries)
		}
		other := errors.New("a fault of the compiler")
		tries = 0
		if _, err := retry(t.Context(), func() (int, error) { tries++; return 0, other }); err != other || tries != 1 {
			t.Errorf("another error: %v after %d tries", err, tries)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(other)
		if _, err := retry(ctx, func() (int, error) { return 0, &errSandbox{} }); err != other {
			t.Errorf("with an ended context: %v", err)
		}
	})
}

func TestASandboxThatDoesntStandIsNotTheAnswersFault(t *testing.T) {
	old := retries
	retries = nil
	defer func() { retries = old }()
	b := testBench(t)
	short := *b.sandbox
	short.bwrap = filepath.Join(t.TempDir(), "bwrap")
	if err := os.WriteFile(short.bwrap, []byte("#!/bin/sh\necho bwrap: no more processes >&2\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	b.sandbox = &short
	_, a := demo(t)
	e := exerciseNamed(t, a, "count")
	_, err := b.grade(t.Context(), []*Exercise{e}, [][]Code{e.Answers}, nil)
	if _, isShort := errors.AsType[*errSandbox](err); !isShort {
		t.Errorf("the error is %v", err)
	}
}
