package procpool

import (
	"encoding/binary"
	"time"
)

// A hello is the first message to a worker.
type hello struct {
	name    string
	tasks   []string      // the tasks that its parent has defined
	timeout time.Duration // time-out of a task; 0 means none
}

func (h hello) frame() []byte {
	frame := beginFrame(nil, frameHello)
	frame = appendString(frame, h.name)
	frame = binary.AppendUvarint(frame, uint64(h.timeout))
	for _, task := range h.tasks {
		frame = appendString(frame, task)
	}
	endFrame(frame, 0)
	return frame
}

func readHello(d *decoder) (h hello, err error) {
	if h.name, err = d.string(); err != nil {
		return h, err
	}
	timeout, err := d.uvarint()
	if err != nil {
		return h, err
	}
	h.timeout = time.Duration(timeout)
	for len(d.data) > 0 {
		task, err := d.string()
		if err != nil {
			return h, err
		}
		h.tasks = append(h.tasks, task)
	}
	return h, nil
}
