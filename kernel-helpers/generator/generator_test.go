package generator

import (
	"errors"
	"testing"
)

func abc(y *Yielder[int, string]) (string, error) {
	got, err := y.Yield(1)
	if err != nil {
		return "", err
	}
	if _, err := y.Yield(2); err != nil {
		return "", err
	}
	return got, nil
}

func TestAGeneratorYieldsReceivesAndReturns(t *testing.T) {
	for name, g := range map[string]*Generator[int, string, string]{"channels": New(abc), "pull": NewPull(abc)} {
		t.Run(name, func(t *testing.T) {
			if v, err := g.Next(); v != 1 || err != nil {
				t.Fatal(v, err)
			}
			if v, err := g.Send("abc"); v != 2 || err != nil {
				t.Fatal(v, err)
			}
			_, err := g.Next()
			if stop, ok := errors.AsType[Stop[string]](err); !ok || stop.Value != "abc" {
				t.Fatal(err)
			}
		})
	}
}

func TestFromPassesEverythingThrough(t *testing.T) {
	outer := New(func(y *Yielder[int, string]) (string, error) {
		s, err := From(y, NewPull(abc))
		return s + "!", err
	})
	outer.Next()
	outer.Send("x")
	_, err := outer.Next()
	if stop, ok := errors.AsType[Stop[string]](err); !ok || stop.Value != "x!" {
		t.Fatal(err)
	}
}
