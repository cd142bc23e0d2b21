package eventloop

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"
	"unsafe"
)

// An owner is a goroutine that can have the turn: that of Run, which also runs
// callbacks, or a coroutine's.
//
// Go doesn't tell a goroutine who it is, except in the first line of its stack
// trace, which takes some microseconds to get. So an owner also keeps at which
// addresses of its stack it was found out before. No two stacks share an
// address: whoever asks from one of these is the same goroutine, in the same
// depth of calls, and that takes a nanosecond. A stack that grows moves, and
// leaves its old addresses to others, so a stranger could in principle be
// taken for the owner; an owner is never taken for a stranger.
type owner struct {
	id   atomic.Uint64
	seen [16]atomic.Uintptr // each address in the place that its bits say
}

// become makes the calling goroutine the owner.
func (o *owner) become() {
	o.id.Store(goroutineID())
	for i := range o.seen {
		o.seen[i].Store(0)
	}
}

// isHere reports whether the calling goroutine is the owner.
//
//go:noinline
func (o *owner) isHere() bool {
	var mark byte
	at := uintptr(unsafe.Pointer(&mark))
	seen := &o.seen[at/16%uintptr(len(o.seen))]
	if seen.Load() == at {
		return true
	}
	if goroutineID() != o.id.Load() {
		return false
	}
	seen.Store(at)
	return true
}

// goroutineID reads the number out of "goroutine 7 [running]:".
func goroutineID() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	digits, _, _ := bytes.Cut(line, []byte(" "))
	id, _ := strconv.ParseUint(string(digits), 10, 64)
	return id
}
