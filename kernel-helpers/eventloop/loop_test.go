package eventloop

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

func TestTasksTakeTurns(t *testing.T) {
	l := New()
	var lines []string
	err := l.Run(t.Context(), func(co *Coroutine) error {
		count := func(name string) *Task[None] {
			return Go(l, func(co *Coroutine) (None, error) {
				for i := range 3 {
					lines = append(lines, fmt.Sprint(name, i))
					if err := co.Sleep(0); err != nil {
						return None{}, err
					}
				}
				return None{}, nil
			})
		}
		_, err := Await(co, Gather(l, count("a"), count("b")))
		return err
	})
	if want := []string{"a0", "b0", "a1", "b1", "a2", "b2"}; err != nil || !slices.Equal(lines, want) {
		t.Error(lines, err)
	}
}

func TestRunningALoopThatRunsIsRefused(t *testing.T) {
	l := New()
	err := l.Run(t.Context(), func(co *Coroutine) error {
		if err := l.Run(t.Context(), func(*Coroutine) error { return nil }); !errors.Is(err, ErrRunning) {
			t.Error(err)
		}
		other := make(chan error)
		go func() { other <- l.Run(t.Context(), func(*Coroutine) error { return nil }) }()
		if err := <-other; !errors.Is(err, ErrRunning) {
			t.Error(err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}
