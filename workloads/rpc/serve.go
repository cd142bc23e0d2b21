package rpc

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.com/speedup/kernel-helpers/base/child"
)

// Serve returns at once unless this process was started by [Start] with this
// variable. In such a child, it calls answer for each of the parent's requests,
// one after another, until the parent closes the pipe or ends, and then ends
// the program. An error of answer is returned by the parent's Call.
func Serve(variable string, answer func(ask json.RawMessage) (any, error)) {
	if os.Getenv(variable) != "" {
		os.Exit(serve(variable, answer))
	}
}

// serve returns the exit status.
func serve(variable string, answer func(json.RawMessage) (any, error)) int {
	// An interrupt goes to the whole process group. The parent decides what
	// it means.
	signal.Ignore(os.Interrupt)
	// Standard error is read only at the end, so a write must not block.
	syscall.SetNonblock(2, true)
	pipe, answers, err := child.Pipes()
	if err != nil {
		return noParent(variable, err)
	}
	requests := lineReader{r: pipe}
	for {
		var q request
		if err := requests.next(&q); err == io.EOF {
			return 0
		} else if err != nil {
			return noParent(variable, err)
		}
		r := reply{ID: q.ID}
		value, err := answer(q.Ask)
		if err == nil {
			r.Answer, err = json.Marshal(value)
		}
		if err != nil {
			r.Error = err.Error()
		}
		if err := writeLine(answers, r); err != nil {
			return 0 // the parent has ended
		}
	}
}

func noParent(variable string, err error) int {
	fmt.Fprintf(os.Stderr, "no requests: %v; %s is meant for programs that start themselves again: unset it\n", err, variable)
	return 2
}
