package debugger

import (
	"encoding/json"
	"fmt"
)

// A Request is the content of a debug_request message: a request of the Debug
// Adapter Protocol, or one of those that Jupyter adds.
type Request struct {
	Seq       int             `json:"seq"`
	Type      string          `json:"type"`
	Command   string          `json:"command"`
	Arguments json.RawMessage `json:"arguments"`
}

// decode decodes the arguments. Absent ones leave v as it is.
func (r Request) decode(v any) error {
	if len(r.Arguments) == 0 {
		return nil
	}
	if err := json.Unmarshal(r.Arguments, v); err != nil {
		return fmt.Errorf("debugger: read the arguments of %s: %w", r.Command, err)
	}
	return nil
}

// A Response is the content of a debug_reply message.
type Response struct {
	Seq        int    `json:"seq"`
	Type       string `json:"type"`
	RequestSeq int    `json:"request_seq"`
	Success    bool   `json:"success"`
	Command    string `json:"command"`
	Message    string `json:"message,omitempty"` // why it failed
	Body       any    `json:"body"`
}

// An Event is the content of a debug_event message.
type Event struct {
	Seq   int    `json:"seq"`
	Type  string `json:"type"`
	Event string `json:"event"`
	Body  any    `json:"body"`
}

// Source names a source file.
type Source struct {
	Name string `json:"name,omitempty"`
	Path string `json:"path"`
}

// Breakpoint is a breakpoint as front ends set it and as replies describe it.
type Breakpoint struct {
	ID           int     `json:"id,omitempty"`
	Line         int     `json:"line"`
	Condition    string  `json:"condition,omitempty"`
	HitCondition string  `json:"hitCondition,omitempty"`
	LogMessage   string  `json:"logMessage,omitempty"`
	Verified     bool    `json:"verified"`
	Message      string  `json:"message,omitempty"`
	Source       *Source `json:"source,omitempty"`
}

// Frame is a frame of a stack.
type Frame struct {
	ID     int     `json:"id"`
	Name   string  `json:"name"`
	Source *Source `json:"source,omitempty"`
	Line   int     `json:"line"`
	Column int     `json:"column"`
}

// Scope is a group of variables of a frame.
type Scope struct {
	Name      string `json:"name"`
	Hint      string `json:"presentationHint,omitempty"`
	Reference int    `json:"variablesReference"`
	Expensive bool   `json:"expensive"`
}

// Variable is a variable as front ends show it. Reference is 0 if there is nothing
// to expand.
type Variable struct {
	Name         string `json:"name"`
	Value        string `json:"value"`
	Type         string `json:"type,omitempty"`
	EvaluateName string `json:"evaluateName,omitempty"`
	Reference    int    `json:"variablesReference"`
}

// Thread is a goroutine as front ends know it.
type Thread struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}
