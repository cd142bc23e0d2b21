package jupyter

import (
	"context"
	"errors"
	"time"
)

// StartOptions say how a kernel is started. The zero value is good.
type StartOptions struct {
	Dir       string   // the kernel's working folder; empty: ours
	Env       []string // further "NAME=value" lines, after our own and the spec's
	Transport string   // "ipc" (the default) or "tcp"
	LogFile   string   // what the kernel itself writes to stdout and stderr goes here; empty: a file that is removed at the end
}

// Kernel is a running kernel. Its methods may be called from several goroutines
// at once.
type Kernel struct{}

// Start starts a kernel and waits until it has answered and its output is known
// to arrive. If that fails, or ctx ends before, nothing is left of it. ctx is
// for the start alone; the kernel lives on until [Kernel.Shutdown] or
// [Kernel.Kill]. An error of the kernel itself is a [*DeadError] with the last
// lines it wrote.
func Start(ctx context.Context, spec Spec, o StartOptions) (*Kernel, error) {
	return nil, errors.ErrUnsupported
}

// Spec returns what the kernel was started from.
func (k *Kernel) Spec() Spec { return Spec{} }

// Info returns what the kernel said about itself: the kernel_info reply.
func (k *Kernel) Info() KernelInfo { return KernelInfo{} }

// KernelInfo is the content of a kernel_info reply.
type KernelInfo struct {
	ProtocolVersion       string       `json:"protocol_version"`
	Implementation        string       `json:"implementation"`
	ImplementationVersion string       `json:"implementation_version"`
	LanguageInfo          LanguageInfo `json:"language_info"`
	Banner                string       `json:"banner"`
}

// LanguageInfo is what a notebook's metadata says about its language.
type LanguageInfo struct {
	Name              string `json:"name"`
	Version           string `json:"version"`
	Mimetype          string `json:"mimetype,omitempty"`
	FileExtension     string `json:"file_extension,omitempty"`
	PygmentsLexer     string `json:"pygments_lexer,omitempty"`
	NbconvertExporter string `json:"nbconvert_exporter,omitempty"`
}

// ExecuteRequest is code to run and how.
type ExecuteRequest struct {
	Code         string
	Silent       bool // no output, no execution count
	StoreHistory bool
	StopOnError  bool // requests already queued behind this one are aborted if it fails

	// Input answers a program that reads from its standard input. Without it
	// the kernel is told that nobody answers (allow_stdin is false), and a
	// kernel that asks nevertheless is interrupted ([ErrNoInput]). ctx ends
	// when Execute's does or the kernel dies.
	Input func(ctx context.Context, prompt string, password bool) (string, error)
}

// ExecuteReply is the kernel's answer to an execute request.
type ExecuteReply struct {
	Status         string   `json:"status"` // "ok", "error" or "aborted"
	ExecutionCount int      `json:"execution_count"`
	EName          string   `json:"ename"`
	EValue         string   `json:"evalue"`
	Traceback      []string `json:"traceback"`
	Message        Message  `json:"-"` // the reply itself
}

// Errors of [Kernel.Execute] beside a [*DeadError].
var (
	// ErrStillBusy: ctx ended, the kernel was interrupted again and again for
	// [InterruptGrace], and goes on all the same. It is up to the caller to
	// wait, or to [Kernel.Kill].
	ErrStillBusy = errors.New("the kernel does not react to interrupts")
	// ErrNoInput: the program asked for input and the request has no Input.
	ErrNoInput = errors.New("the program asked for input, and nobody is there to answer")
	// ErrOutputLost: the kernel went on to another request without the idle
	// status of this one: it dropped messages.
	ErrOutputLost = errors.New("the kernel dropped messages: output is missing")
	// ErrBacklog: the handler is so slow that more than [MaxBacklog] bytes of
	// output wait for it.
	ErrBacklog = errors.New("too much output waits to be handled")
)

const (
	// InterruptGrace is how long a cancelled [Kernel.Execute] goes on
	// interrupting before it gives up.
	InterruptGrace = 2 * time.Second
	// MaxBacklog is how many bytes of output may wait for their handlers.
	MaxBacklog = 1 << 30
)

// Execute runs code and waits until both the reply and the idle status are in.
// handle gets every iopub message of this request in order (status messages
// too), in Execute's goroutine; nil ignores them. A reply whose status is
// "error" is not an error of Execute.
//
// When ctx ends, the kernel is interrupted (as its spec wants it, by message or
// by signal), again every 250 ms. If it then comes to rest, Execute returns its
// reply together with an error that wraps ctx's cause, and the kernel is ready
// for the next request, with the definitions it had. If it does not within
// [InterruptGrace], the error also wraps [ErrStillBusy] and the kernel is still
// at work.
func (k *Kernel) Execute(ctx context.Context, r ExecuteRequest, handle func(Message)) (ExecuteReply, error) {
	return ExecuteReply{}, errors.ErrUnsupported
}

// Request sends a request on the shell or control channel and waits for its
// reply: complete, inspect, is_complete, history, kernel_info, comm_info,
// debug. msgType is the request's ("complete_request").
func (k *Kernel) Request(ctx context.Context, ch Channel, msgType string, content any) (Message, error) {
	return Message{}, errors.ErrUnsupported
}

// Interrupt interrupts what the kernel is doing, by message or signal as its
// spec says. With a message it waits for the reply.
func (k *Kernel) Interrupt(ctx context.Context) error { return errors.ErrUnsupported }

// Ping sends a heartbeat and waits for its echo: the kernel's process is there
// and its socket thread runs, even while it executes.
func (k *Kernel) Ping(ctx context.Context) error { return errors.ErrUnsupported }

// Shutdown asks the kernel to end, waits until it has, and then takes away
// whatever it left: processes, sockets, files. A kernel that hasn't ended when
// ctx ends, or after three seconds, is killed; that is no error. The error is
// about what could not be taken away. Calls that wait in Execute end with a
// [*DeadError].
func (k *Kernel) Shutdown(ctx context.Context) error { return errors.ErrUnsupported }

// Kill is Shutdown without asking. It returns when the kernel, its processes
// and its files are gone.
func (k *Kernel) Kill() error { return errors.ErrUnsupported }

// Done is closed when the kernel's process is gone.
func (k *Kernel) Done() <-chan struct{} { return nil }

// Err says how the kernel's process ended: a [*DeadError], or nil while it runs.
func (k *Kernel) Err() error { return nil }

// DeadError says that a kernel's process ended.
type DeadError struct {
	Kernel string // the spec's name
	State  string // "exit status 1", "signal: killed"
	Log    string // the last lines the kernel wrote to stdout and stderr
}

func (e *DeadError) Error() string { return "" }
