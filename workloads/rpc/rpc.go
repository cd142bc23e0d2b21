// Package rpc lets a program ask a child process, which is the program itself,
// started again. It is how the workloads of this course get a process of their
// own without a second program to build.
//
// The package that needs a child calls [Serve] in its init function: in the
// child the program ends there, so that neither the packages that are
// initialised later nor main run in it. The parent calls [Start], and
// [Process.Call] as often as it likes.
//
// Requests and answers are JSON, one a line, and each request is answered once.
// When the pipe of requests closes, as the end of the parent closes it, the
// child ends.
package rpc

import "encoding/json"

type request struct {
	ID  uint64          `json:"id"`
	Ask json.RawMessage `json:"ask"`
}

type reply struct {
	ID     uint64          `json:"id"`
	Error  string          `json:"error,omitempty"`
	Answer json.RawMessage `json:"answer,omitempty"`
}
