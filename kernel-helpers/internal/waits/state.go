// Package waits says in words for what goroutines wait. The runtime knows that one
// waits to send; the text of the cell tells on which channel.
//
// It is for reports of live programs (package debugger), of crashes, and of tests that
// hung.
package waits

import (
	"cmp"
	"strings"
)

// other begins what State says of a reason that it doesn't know.
const other = "waiting: "

// State returns in words what a goroutine does that waits for the given reason of
// the runtime, such as "chan send". about is what its line is about, or "".
func State(reason, about string) string {
	or := func(usual string) string { return cmp.Or(about, usual) }
	reason, more, _ := strings.Cut(reason, " (")
	switch {
	case more == "nil chan)" && reason == "chan send":
		return "waiting for ever: " + or("the channel") + " is nil"
	case more == "nil chan)":
		return "waiting for ever: " + or("the channel") + " is nil"
	case more == "no cases)":
		return "waiting for ever in an empty select"
	}
	switch reason {
	case "chan receive":
		return "waiting to receive from " + or("a channel")
	case "chan send":
		return "waiting to send on " + or("a channel")
	case "select":
		if about == "" {
			return "waiting in a select"
		}
		return "waiting in a select: " + about
	case "sync.Mutex.Lock", "sync.RWMutex.Lock":
		return "waiting to lock " + or("a mutex")
	case "sync.RWMutex.RLock":
		return "waiting to read-lock " + or("a mutex")
	case "sync.WaitGroup.Wait":
		return "waiting for " + or("a WaitGroup")
	case "sync.Cond.Wait":
		return "waiting for a signal of " + or("a Cond")
	case "semacquire":
		return "waiting for " + or("a semaphore")
	case "sleep":
		return "sleeping"
	case "IO wait":
		return "waiting for the network"
	case "synctest.Wait", "synctest.Run":
		return "waiting for the other goroutines of its bubble"
	case "":
		return "waiting"
	}
	return other + reason
}

// Known reports whether State has words for a reason, so that a goroutine with this
// state waits.
func Known(reason string) bool {
	return reason != "" && !strings.HasPrefix(State(reason, ""), other)
}

// IsLow reports whether a function belongs to a package that implements waiting.
func IsLow(function string) bool {
	for _, pkg := range []string{"runtime.", "internal/runtime/", "sync.", "internal/sync.", "internal/poll.", "time.Sleep"} {
		if strings.HasPrefix(function, pkg) {
			return true
		}
	}
	return false
}

// kindsOf returns the operations in a line that a wait with this reason can be.
func kindsOf(reason string) []opKind {
	switch reason, _, _ = strings.Cut(reason, " ("); reason {
	case "chan receive":
		return []opKind{opReceive}
	case "chan send":
		return []opKind{opSend}
	case "select":
		return []opKind{opSelect}
	case "sync.Mutex.Lock", "sync.RWMutex.Lock":
		return []opKind{opLock}
	case "sync.RWMutex.RLock":
		return []opKind{opRLock}
	case "semacquire", "sync.WaitGroup.Wait", "sync.Cond.Wait":
		return []opKind{opWait, opLock, opRLock}
	}
	return nil
}
