package eventloop

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"
	"unsafe"
)

// An owner is a goroutine that can have the turn: the goroutine of Run, which
// also runs the callbacks, or the goroutine of a coroutine.
//
// A goroutine can learn its id only from the first line of its stack trace,
// which takes some microseconds to get. An owner therefore remembers the stack
// addresses at which it was recognized before. No two stacks share an address,
// so a caller at one of these addresses is the same goroutine, at the same
// depth of calls. That check takes a nanosecond. A stack that grows is moved
// and leaves its old addresses to others. Therefore another goroutine might in
// principle be taken for the owner, but the owner is never taken for another
// goroutine.
type owner struct {
	id   atomic.Uint64
	seen [16]atomic.Uintptr // a small cache, indexed by bits of the address
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

// goroutineID parses the number in "goroutine 7 [running]:".
func goroutineID() uint64 {
	var buf [64]byte
	line := buf[:runtime.Stack(buf[:], false)]
	line = bytes.TrimPrefix(line, []byte("goroutine "))
	digits, _, _ := bytes.Cut(line, []byte(" "))
	id, _ := strconv.ParseUint(string(digits), 10, 64)
	return id
}
