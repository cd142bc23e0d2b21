package jupyter

import (
	"context"
	"fmt"
)

// Request sends a request on the shell or control channel and waits for its
// reply: complete, inspect, is_complete, history, kernel_info, comm_info,
// debug. msgType is the request's ("complete_request"). Some kernels leave some
// requests without a reply: ctx should have an end.
func (k *Kernel) Request(ctx context.Context, ch Channel, msgType string, content any) (Message, error) {
	if ch != Shell && ch != Control {
		return Message{}, fmt.Errorf("jupyter: %s: requests go to shell or control, not to %s", msgType, ch)
	}
	p, err := k.post(ctx, ch, msgType, content)
	if err != nil {
		return Message{}, err
	}
	defer p.forget()
	return p.await(ctx, isReply)
}

// Ping sends a heartbeat and waits for its echo: the kernel's process is there
// and its socket thread runs, even while it executes.
func (k *Kernel) Ping(ctx context.Context) error {
	p, err := k.expect(NewID())
	if err != nil {
		return err
	}
	defer p.forget()
	// The empty frame is what a REQ socket puts before a message.
	if err := k.sendFrames(ctx, Heartbeat, nil, []byte(p.id)); err != nil {
		return err
	}
	_, err = p.await(ctx, func(e event) bool { return e.channel == Heartbeat })
	return err
}
