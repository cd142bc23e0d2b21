package supervisor

import (
	"context"
	"testing"
	"testing/synctest"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

func numbered(id string) front.Request {
	return front.Request{Message: jupyter.Message{Header: jupyter.Header{MsgID: id}}}
}

func TestAnInboxKeepsOrderAndBlocksNobody(t *testing.T) {
	in := newInbox()
	for i := range 10000 {
		in.put(numbered(itoa(i)))
	}
	for i := range 9000 {
		if r, ok := in.next(t.Context()); !ok || r.Header.MsgID != itoa(i) {
			t.Fatalf("got %q, want number %d", r.Header.MsgID, i)
		}
	}
	if left := in.takeAll(); len(left) != 1000 || left[0].Header.MsgID != "9000" {
		t.Errorf("got %d left, want 1000 from number 9000 on", len(left))
	}
	if len(in.takeAll()) > 0 {
		t.Error("got requests again, want an empty inbox")
	}
}

func TestNextWaitsUntilTheContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in := newInbox()
		ctx, cancel := context.WithCancel(t.Context())
		got := make(chan front.Request)
		go func() {
			for {
				r, ok := in.next(ctx)
				if !ok {
					close(got)
					return
				}
				got <- r
			}
		}()
		for i := range 3 {
			synctest.Wait() // next is waiting
			in.put(numbered(itoa(i)))
			if r := <-got; r.Header.MsgID != itoa(i) {
				t.Errorf("got %q, want %d", r.Header.MsgID, i)
			}
		}
		in.put(numbered("a"))
		in.takeAll() // the wake-up for it remains
		synctest.Wait()
		cancel()
		if r, ok := <-got; ok && r.Header.MsgID != "a" {
			t.Errorf("got %q from an empty inbox", r.Header.MsgID)
		}
	})
}
