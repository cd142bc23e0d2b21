package jupyter

import (
	"fmt"

	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// read reads from one channel until its socket is closed, and routes each
// message to the request to which it belongs.
func (k *Kernel) read(ch Channel, s *zmtp.Conn) {
	for {
		frames, err := s.Recv()
		if err != nil {
			k.lost <- fmt.Errorf("its %s channel was closed: %w", ch, err)
			return
		}
		k.received.Add(1)
		if ch == Heartbeat {
			if len(frames) > 0 { // the last frame is the request's id
				k.route(event{channel: ch, msg: Message{Parent: Header{MsgID: string(frames[len(frames)-1])}}})
			}
			continue
		}
		msg, err := k.key.Decode(frames)
		if err != nil {
			k.garbled(ch, err)
			continue
		}
		var size int64
		for _, f := range frames {
			size += int64(len(f)) + zmtp.FrameCost
		}
		k.route(event{ch, msg, size})
	}
}

// route passes an event to the request that is its parent. If no call is
// waiting for it, it goes to StartOptions.Other or is discarded.
func (k *Kernel) route(e event) {
	if e.channel == IOPub && e.msg.Header.MsgType == "status" {
		select {
		case <-k.heard:
		default:
			close(k.heard) // only the reader of iopub comes here
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	box := k.waiting[e.msg.Parent.MsgID]
	switch {
	case box == nil:
		if k.other != nil && e.channel == IOPub {
			k.other(e.msg)
		}
	case e.channel == IOPub && e.msg.Header.MsgType != "status" && k.backlog.Load()+e.size > MaxBacklog:
		box.spoil(ErrBacklog)
	default:
		k.backlog.Add(e.size)
		box.put(e)
	}
}

// garbled reports an unreadable message to every waiting request, because it
// may have belonged to any of them.
func (k *Kernel) garbled(ch Channel, err error) {
	err = fmt.Errorf("it sent an invalid message on %s: %w", ch, err)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, box := range k.waiting {
		box.spoil(err)
	}
}
