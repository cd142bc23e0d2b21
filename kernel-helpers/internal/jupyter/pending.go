package jupyter

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// A pending is a request that was sent, or is about to be.
type pending struct {
	kernel *Kernel
	id     string
	box    *mailbox
}

// expect prepares for the events of a request. The caller must call forget in
// the end.
func (k *Kernel) expect(id string) (*pending, error) {
	p := &pending{k, id, newMailbox()}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.dead != nil {
		return nil, k.dead
	}
	k.waiting[id] = p.box
	return p, nil
}

// forget discards the events that have arrived and that may still arrive.
func (p *pending) forget() {
	p.kernel.mu.Lock()
	delete(p.kernel.waiting, p.id)
	p.kernel.mu.Unlock()
	p.kernel.backlog.Add(-p.box.drop())
}

// next returns the oldest event, like [mailbox.next].
func (p *pending) next() (event, bool, error) {
	e, ok, err := p.box.next()
	p.kernel.backlog.Add(-e.size)
	return e, ok, err
}

// await waits for an event for which wanted returns true, and discards those
// before it.
func (p *pending) await(ctx context.Context, wanted func(event) bool) (Message, error) {
	for {
		e, ok, err := p.next()
		switch {
		case err != nil:
			return Message{}, err
		case ok && wanted(e):
			return e.msg, nil
		case ok:
			continue
		}
		if err := p.box.spoilt(); err != nil {
			return Message{}, fmt.Errorf("jupyter: kernel %s: %w", p.kernel.spec.Name, err)
		}
		select {
		case <-p.box.wake:
		case <-ctx.Done():
			return Message{}, fmt.Errorf("jupyter: kernel %s: no reply: %w", p.kernel.spec.Name, context.Cause(ctx))
		}
	}
}

// isReply reports whether e is a reply. Stock GoNB answers control requests on
// shell, so either channel counts.
func isReply(e event) bool {
	return (e.channel == Shell || e.channel == Control) && strings.HasSuffix(e.msg.Header.MsgType, "_reply")
}

// isIdle reports whether e says that the kernel has finished the request.
func isIdle(e event) bool {
	if e.channel != IOPub || e.msg.Header.MsgType != "status" {
		return false
	}
	var status struct {
		ExecutionState string `json:"execution_state"`
	}
	return e.msg.Decode(&status) == nil && status.ExecutionState == "idle"
}

// post sends a request.
func (k *Kernel) post(ctx context.Context, ch Channel, msgType string, content any) (*pending, error) {
	return k.postWith(ctx, ch, msgType, nil, content)
}

// postWith is post with metadata.
func (k *Kernel) postWith(ctx context.Context, ch Channel, msgType string, metadata map[string]any, content any) (*pending, error) {
	msg, err := NewMessage(k.session, msgType, content)
	if err != nil {
		return nil, err
	}
	if metadata != nil {
		if msg.Metadata, err = json.Marshal(metadata); err != nil {
			return nil, fmt.Errorf("jupyter: encode the metadata of %s: %w", msgType, err)
		}
	}
	p, err := k.expect(msg.Header.MsgID)
	if err != nil {
		return nil, err
	}
	if err := k.send(ctx, ch, msg); err != nil {
		p.forget()
		return nil, err
	}
	return p, nil
}

// send signs and sends a message.
func (k *Kernel) send(ctx context.Context, ch Channel, msg Message) error {
	frames, err := k.key.Encode(msg)
	if err != nil {
		return err
	}
	return k.sendFrames(ctx, ch, frames...)
}

// sendFrames sends a message. If that fails because the kernel is dying, the
// error says so.
func (k *Kernel) sendFrames(ctx context.Context, ch Channel, frames ...[]byte) error {
	err := k.sockets[ch].Send(ctx, frames...)
	if err == nil || ctx.Err() != nil {
		return err
	}
	if await(k.done, lookPause, nil) {
		return k.Err()
	}
	return fmt.Errorf("jupyter: kernel %s: %s channel: %w", k.spec.Name, ch, err)
}
