package timeline

// State is what a goroutine does at one moment.
type State uint8

// The states, in the order in which density pictures stack them.
const (
	Absent   State = iota // not started yet, or ended
	Running               // a processor executes it
	GC                    // it helps the garbage collector, or is stopped by it
	Syscall               // inside a system call
	Runnable              // ready to run, and no processor is free for it
	Network               // waiting for the network, also by way of net/http's own goroutines
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

// String names the state in words.
func (s State) String() string {
	if s < stateCount {
		return stateNames[s]
	}
	return "unknown"
}

// waits reports whether a goroutine in s waits for something that is not a
// processor. System calls are told apart by their span: see span.held.
func (s State) waits() bool { return s >= Network && s < stateCount }

// waitsForOthers reports whether only another goroutine can end the wait.
func (s State) waitsForOthers() bool {
	return s == Channel || s == Select || s == Lock || s == Other
}
