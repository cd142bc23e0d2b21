package timeline

// A State is what a goroutine does at one moment.
type State uint8

// The states, in the order in which density pictures stack them.
const (
	Absent   State = iota // not started yet, or ended
	Running               // being executed by a processor
	GC                    // assisting the garbage collector, or stopped by it
	Syscall               // in a system call
	Runnable              // ready to run, but no processor is free
	Network               // waiting for the network, also through net/http's goroutines
	Channel               // waiting to send to or receive from a channel
	Select                // waiting in a select
	Lock                  // waiting for a mutex, a WaitGroup or a condition
	Asleep                // in time.Sleep
	Other                 // waiting for something else
	stateCount
)

var stateNames = [stateCount]string{
	Absent:   "absent",
	Running:  "running",
	GC:       "garbage collection",
	Syscall:  "system call",
	Runnable: "ready to run",
	Network:  "waiting for the network",
	Channel:  "waiting for a channel",
	Select:   "waiting in a select",
	Lock:     "waiting for a lock or WaitGroup",
	Asleep:   "asleep",
	Other:    "waiting otherwise",
}

// String returns the state's name.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return "unknown"
}

// waits reports whether a goroutine in state s waits for something other than a
// processor. For system calls, see span.held.
func (s State) waits() bool { return s >= Network && s < stateCount }

// waitsForOthers reports whether only another goroutine can end the wait.
func (s State) waitsForOthers() bool {
	return s == Channel || s == Select || s == Lock || s == Other
}
