package jupyter

import (
	"context"
	"fmt"
)

// Request sends a request on the shell or control channel and waits for its
// reply. msgType is the request's type, such as "complete_request",
// "inspect_request", "is_complete_request", "history_request",
// "kernel_info_request", "comm_info_request" or "debug_request". Some kernels
// don't reply to some requests, so ctx should have a deadline.
func (k *Kernel) Request(ctx context.Context, ch Channel, msgType string, content any) (Message, error) {
	if ch != Shell && ch != Control {
		return Message{}, fmt.Errorf("jupyter: %s: requests use shell or control, not %s", msgType, ch)
	}
	p, err := k.post(ctx, ch, msgType, content)
	if err != nil {
		return Message{}, err
	}
	defer p.forget()
	return p.await(ctx, isReply)
}

// Ping sends a heartbeat and waits for its echo. An echo shows that the
// kernel's process exists and its socket thread is running, even while it
// executes code.
func (k *Kernel) Ping(ctx context.Context) error {
	p, err := k.expect(NewID())
	if err != nil {
		return err
	}
	defer p.forget()
	// A REQ socket puts an empty frame before each message.
	if err := k.sendFrames(ctx, Heartbeat, nil, []byte(p.id)); err != nil {
		return err
	}
	_, err = p.await(ctx, func(e event) bool { return e.channel == Heartbeat })
	return err
}
