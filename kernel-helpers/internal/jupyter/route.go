package jupyter

import (
	"fmt"

	"example.com/speedup/kernel-helpers/internal/zmtp"
)

// read takes in what comes on one channel until its socket ends, and hands each
// message to the request it belongs to.
func (k *Kernel) read(ch Channel, s *zmtp.Conn) {
	for {
		frames, err := s.Recv()
		if err != nil {
			k.lost <- fmt.Errorf("its %s channel broke off: %w", ch, err)
			return
		}
		k.received.Add(1)
		if ch == Heartbeat {
			if len(frames) > 0 { // the last one is the request's id
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

// route hands an event to the request that is its parent. What nobody waits for
// (any more) goes to StartOptions.Other or is thrown away.
func (k *Kernel) route(e event) {
	if e.channel == IOPub && e.msg.Header.MsgType == "status" {
		select {
		case <-k.heard:
		default:
			close(k.heard) // by the one reader of iopub
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

// garbled tells every request that waits: a message that can't be read may have
// been any's.
func (k *Kernel) garbled(ch Channel, err error) {
	err = fmt.Errorf("it sent on %s what is no message: %w", ch, err)
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, box := range k.waiting {
		box.spoil(err)
	}
}
