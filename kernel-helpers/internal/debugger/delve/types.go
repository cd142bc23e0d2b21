package delve

import "reflect"

// A State is the state of a program.
type State struct {
	Pid           int
	Running       bool
	CurrentThread *Thread    `json:"currentThread"`
	Goroutine     *Goroutine `json:"currentGoroutine"` // that steps are about
	Threads       []Thread
	// NextInProgress: something else stopped the program before a step was complete.
	NextInProgress bool
	Exited         bool   `json:"exited"`
	ExitStatus     int    `json:"exitStatus"` // negative: a signal
	StopReason     string `json:"stopReason"`
}

// A Thread is a thread of a program that is stopped.
type Thread struct {
	ID           int         `json:"id"`
	PC           uint64      `json:"pc"`
	File         string      `json:"file"`
	Line         int         `json:"line"`
	Function     *Function   `json:"function"`
	GoroutineID  int64       `json:"goroutineID"`
	Breakpoint   *Breakpoint `json:"breakPoint"`
	ReturnValues []Variable
}

// A Goroutine is the goroutine that steps are about.
type Goroutine struct {
	ID int64 `json:"id"`
}

// A Function is a function of a program.
type Function struct {
	Name  string `json:"name"`
	Value uint64 `json:"value"` // its address
}

// Names of breakpoints that Delve has by itself.
const (
	UnrecoveredPanic    = "unrecovered-panic"
	FatalThrow          = "runtime-fatal-throw"
	HardcodedBreakpoint = "hardcoded-breakpoint" // a call of runtime.Breakpoint
)

// A Breakpoint is a breakpoint. Set File and Line to create one, and Condition if
// it depends on an expression, or HitCondition, such as "> 3", if on a count.
type Breakpoint struct {
	ID           int    `json:"id,omitempty"`
	Name         string `json:"name,omitempty"`
	File         string `json:"file"`
	Line         int    `json:"line"`
	Condition    string `json:"Cond,omitempty"`
	HitCondition string `json:"HitCond,omitempty"`
}

// A Location is a place in the program: a frame of a stack, or a program counter.
type Location struct {
	PC       uint64    `json:"pc"`
	File     string    `json:"file"`
	Line     int       `json:"line"`
	Function *Function `json:"function"`
}

// Name returns the name of the function at the location, or "".
func (l Location) Name() string {
	if l.Function == nil {
		return ""
	}
	return l.Function.Name
}

// An EvalScope names a frame of a goroutine. Goroutine -1 is the current one.
type EvalScope struct {
	GoroutineID int64
	Frame       int
}

// A LoadConfig limits how much of a variable is read.
type LoadConfig struct {
	FollowPointers     bool
	MaxVariableRecurse int // how deep nested values are read
	MaxStringLen       int
	MaxArrayValues     int
	MaxStructFields    int // -1: all
}

// Flags of a [Variable].
const (
	Shadowed = 1 << 1 // by another variable of the same name
	Constant = 1 << 2
)

// A Variable is a variable or another value of the program.
type Variable struct {
	Name     string       `json:"name"`
	Addr     uint64       `json:"addr"`
	OnlyAddr bool         `json:"onlyAddr"` // it wasn't read
	Type     string       `json:"type"`
	RealType string       `json:"realType"` // the underlying type's name where Type is another name for it
	Flags    int          `json:"flags"`
	Kind     reflect.Kind `json:"kind"`
	Value    string       `json:"value"` // of numbers, strings, booleans and functions
	Len      int64        `json:"len"`
	Cap      int64        `json:"cap"`
	// Children are the fields, elements (of maps: keys and values in turn), the
	// variable that a pointer points to, or the value in an interface.
	Children   []Variable `json:"children"`
	Base       uint64     `json:"base"` // where an array, slice or string has its elements
	Unreadable string     `json:"unreadable"`
}

// Child returns the child with a name.
func (v Variable) Child(name string) (child Variable, found bool) {
	for _, c := range v.Children {
		if c.Name == name {
			return c, true
		}
	}
	return Variable{}, false
}

// Path returns the child of a child and so on, or the zero Variable.
func (v Variable) Path(names ...string) Variable {
	for _, name := range names {
		v, _ = v.Child(name)
	}
	return v
}
