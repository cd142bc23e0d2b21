// Package rpc lets a program send requests to a child process that is the same
// program, started again. That is how the workloads of this course get their
// own processes without a second program to build.
//
// A package that needs a child calls [Serve] in its init function. In the
// child, the program ends there, so that neither later packages' initialization
// nor main runs in it. The parent calls [Start] once and [Process.Call] as
// often as needed.
//
// Requests and answers are JSON, one per line, and each request has one answer.
// The child ends when the pipe of requests is closed, which also happens when
// the parent ends.
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
