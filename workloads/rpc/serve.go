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

// Serve returns at once in a program that was not started by [Start] with this
// variable. In a child it answers the parent's requests by answer, one after
// another, until the parent closes the pipe or ends, and then ends the program.
// The error of answer is the error of the parent's Call.
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
	// Nobody reads standard error before the end, so a write must not wait.
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
			return 0 // the parent has gone
		}
	}
}

func noParent(variable string, err error) int {
	fmt.Fprintf(os.Stderr, "no requests: %v; %s is for programs that start themselves again: unset it\n", err, variable)
	return 2
}
