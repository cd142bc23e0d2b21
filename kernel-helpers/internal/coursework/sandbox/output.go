package sandbox

import (
	"bytes"
	"sync"
)

// Output keeps the first Max bytes written to it and drops the rest. Writes
// always succeed, so a program that prints too much isn't blocked. It is safe
// for concurrent use.
type Output struct {
	Max  int
	Full func() // if set, called once when bytes are dropped

	mu   sync.Mutex
	buf  bytes.Buffer
	over bool
}

// Write implements [io.Writer].
func (o *Output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := o.Max - o.buf.Len(); len(p) > room {
		o.buf.Write(p[:max(room, 0)])
		if !o.over && o.Full != nil {
			o.Full()
		}
		o.over = true
	} else {
		o.buf.Write(p)
	}
	return len(p), nil
}

// String returns what was kept.
func (o *Output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}
