package supervisor

import (
	"context"

	"example.com/speedup/kernel-helpers/internal/debugger"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// debugDesk answers debug requests, one after another. They come on control, so a
// cell that runs or stands at a breakpoint doesn't hold them up.
type debugDesk struct {
	*session
	queue inbox
}

// run answers requests until ctx ends.
func (d *debugDesk) run(ctx context.Context) {
	d.queue.each(ctx, func(ctx context.Context, r front.Request) {
		d.activity.during(r, func() { d.front.Reply(r, "debug_reply", d.answer(ctx, r)) })
	})
}

func (d *debugDesk) answer(ctx context.Context, r front.Request) debugger.Response {
	var request debugger.Request
	if err := r.Decode(&request); err != nil {
		return debugger.Response{Type: "response", Message: err.Error(), Body: struct{}{}}
	}
	return d.debug.Handle(ctx, request)
}
