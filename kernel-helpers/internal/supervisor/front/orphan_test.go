package front

import (
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

func TestAnOrphanedFrontAnswersNobody(t *testing.T) {
	s := serve(t, "tcp")
	c := fronttest.Connect(t, s.conn)
	c.Ask(jupyter.Shell, "kernel_info_request", struct{}{})
	before := s.looked.Load()
	s.orphan.Store(true)
	id := c.Send(jupyter.Shell, "kernel_info_request", struct{}{})
	if err := c.Sockets[jupyter.Heartbeat].Send(t.Context(), []byte("beat")); err != nil {
		t.Fatal(err)
	}
	fronttest.WaitFor(t, func() bool { return s.looked.Load() >= before+2 }) // both were read
	s.orphan.Store(false)
	c.Ask(jupyter.Shell, "kernel_info_request", struct{}{})
	// Answers come in order: one to the first request would be here by now.
	if got := c.About(id); len(got) > 0 {
		t.Errorf("got %d messages about a request to a kernel without a keeper, want none", len(got))
	}
}
