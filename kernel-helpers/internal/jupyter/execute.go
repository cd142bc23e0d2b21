package jupyter

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ExecuteRequest is code to run and how.
type ExecuteRequest struct {
	Code         string
	Silent       bool // no output, no execution count
	StoreHistory bool
	StopOnError  bool // requests already queued behind this one are aborted if it fails

	// Input answers a program that reads from its standard input. Without it
	// the kernel is told that nobody answers (allow_stdin is false), and a
	// kernel that asks nevertheless is interrupted ([ErrNoInput]); so it is if
	// Input fails. ctx ends when Execute's does or the kernel dies. Output
	// waits while Input is at work.
	Input func(ctx context.Context, prompt string, password bool) (string, error)
}

// ExecuteReply is the kernel's answer to an execute request.
type ExecuteReply struct {
	Status         string   `json:"status"` // "ok", "error" or "aborted"; empty if no reply came
	ExecutionCount int      `json:"execution_count"`
	EName          string   `json:"ename"`
	EValue         string   `json:"evalue"`
	Traceback      []string `json:"traceback"`
	Message        Message  `json:"-"` // the reply itself
}

// Errors of [Kernel.Execute] beside a [*DeadError].
var (
	// ErrStillBusy: the kernel was interrupted again and again for
	// [InterruptGrace], and goes on all the same. It is up to the caller to
	// wait, or to [Kernel.Kill].
	ErrStillBusy = errors.New("the kernel does not react to interrupts")
	// ErrNoInput: the program asked for input and the request has no Input.
	ErrNoInput = errors.New("the program asked for input, and nobody is there to answer")
	// ErrOutputLost: the kernel went on to another request without the idle
	// status of this one: it dropped messages.
	ErrOutputLost = errors.New("the kernel dropped messages: output is missing")
	// ErrBacklog: the handlers are so slow that more than [MaxBacklog] bytes of
	// output waited for them.
	ErrBacklog = errors.New("too much output waits to be handled: output is missing")
)

const (
	// InterruptGrace is how long a cancelled [Kernel.Execute] goes on
	// interrupting before it gives up.
	InterruptGrace = 2 * time.Second
	// MaxBacklog is how many bytes of output may wait for their handlers.
	MaxBacklog = 1 << 30

	interruptPause = 250 * time.Millisecond
	// How long iopub is silent after a reply before we ask whether the idle
	// status is lost.
	idlePatience = time.Second
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
// at work. The same goes for [ErrNoInput] and [ErrBacklog].
//
// A kernel runs one request after another. An interrupt hits the one that runs,
// so cancel no Execute while another's is before it.
func (k *Kernel) Execute(ctx context.Context, r ExecuteRequest, handle func(Message)) (ExecuteReply, error) {
	if err := context.Cause(ctx); err != nil {
		return ExecuteReply{}, fmt.Errorf("jupyter: execute: %w", err)
	}
	if handle == nil {
		handle = func(Message) {}
	}
	p, err := k.post(ctx, Shell, "execute_request", map[string]any{
		"code":             r.Code,
		"silent":           r.Silent,
		"store_history":    r.StoreHistory,
		"stop_on_error":    r.StopOnError,
		"allow_stdin":      r.Input != nil,
		"user_expressions": struct{}{},
	})
	if err != nil {
		return ExecuteReply{}, err
	}
	defer p.forget()
	e := execution{pending: p, request: r, handle: handle}
	defer e.settle()
	err = e.run(ctx)
	return e.reply, err
}

// execution is one call of Execute.
type execution struct {
	*pending
	request ExecuteRequest
	handle  func(Message)

	reply         ExecuteReply
	replied, idle bool

	cause     error            // why the kernel is being interrupted
	flawed    error            // the same, if it is that something is missing
	again     <-chan time.Time // time for the next interrupt
	giveUp    <-chan time.Time // the end of the grace
	interrupt *pending         // the last interrupt by message

	silence <-chan time.Time // iopub has been silent for too long after the reply
	probe   *pending         // a request that shows whether idle is lost
}

// run handles what comes until all is in, or can't come any more.
func (e *execution) run(ctx context.Context) error {
	k := e.kernel
	for {
		ev, ok, err := e.next()
		if ok {
			if err := e.take(ctx, ev); err != nil {
				return err
			}
		}
		if e.cause == nil {
			e.flawed = e.box.spoilt()
			switch {
			case e.flawed != nil:
				e.stop(e.flawed)
			case e.replied && e.idle:
				return nil
			case ctx.Err() != nil:
				e.stop(context.Cause(ctx))
			}
		}
		switch {
		case e.idle && (e.replied || e.flawed != nil): // the reply may be what is missing
			return fmt.Errorf("jupyter: kernel %s: interrupted: %w", k.spec.Name, e.cause)
		case err != nil:
			return err
		}
		if ok {
			continue
		}

		ended := ctx.Done()
		if e.cause != nil {
			ended = nil
		}
		var probed <-chan struct{}
		if e.probe != nil {
			probed = e.probe.box.wake
		}
		select {
		case <-e.box.wake:
		case <-ended:
		case <-e.again:
			e.sendInterrupt()
		case <-e.giveUp:
			return fmt.Errorf("jupyter: kernel %s: %w: %w", k.spec.Name, e.cause, ErrStillBusy)
		case <-e.silence:
			e.silence = nil
			e.sendProbe()
		case <-probed:
			if lost, err := e.readProbe(); lost || err != nil {
				return err
			}
		}
	}
}

// take handles one event.
func (e *execution) take(ctx context.Context, ev event) error {
	switch {
	case ev.channel == IOPub:
		e.idle = e.idle || isIdle(ev)
		e.handle(ev.msg)
	case ev.channel == Stdin && ev.msg.Header.MsgType == "input_request":
		e.answer(ctx, ev.msg)
	case isReply(ev) && !e.replied:
		e.replied = true
		if err := ev.msg.Decode(&e.reply); err != nil {
			return err
		}
		e.reply.Message = ev.msg
	}
	if e.replied && !e.idle && e.probe == nil {
		e.silence = time.After(idlePatience)
	}
	return nil
}

// answer answers the program's question.
func (e *execution) answer(ctx context.Context, question Message) {
	k := e.kernel
	if e.request.Input == nil {
		e.stop(ErrNoInput)
		return
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(k.life, func() { cancel(k.Err()) })()
	var ask struct {
		Prompt   string `json:"prompt"`
		Password bool   `json:"password"`
	}
	err := question.Decode(&ask)
	var value string
	if err == nil {
		value, err = e.request.Input(ctx, ask.Prompt, ask.Password)
	}
	var answer Message
	if err == nil {
		answer, err = NewMessage(k.session, "input_reply", map[string]string{"value": value, "status": "ok"})
	}
	if err == nil {
		answer = answer.WithParent(question)
		err = k.send(ctx, Stdin, answer)
	}
	if err != nil {
		e.stop(fmt.Errorf("input: %w", err))
	}
}

// stop begins to interrupt the kernel.
func (e *execution) stop(cause error) {
	if e.cause != nil {
		return
	}
	e.cause = cause
	e.giveUp = time.After(e.kernel.interruptGrace)
	if !e.idle {
		e.sendInterrupt()
	}
}

// sendInterrupt interrupts the kernel. That it can't is no reason of its own to
// end: the kernel may still come to rest, and if it's dead we'll be told.
func (e *execution) sendInterrupt() {
	e.again = time.After(interruptPause)
	// A message that breaks off costs the channel, so it gets all the grace.
	ctx, cancel := context.WithTimeout(e.kernel.life, e.kernel.interruptGrace)
	defer cancel()
	asked, err := e.kernel.interrupt(ctx)
	if err != nil || asked == nil {
		return
	}
	if e.interrupt != nil {
		e.interrupt.forget()
	}
	e.interrupt = asked
}

// settle waits for the reply to the last interrupt, so that the interrupt can't
// hit the next request.
func (e *execution) settle() {
	if e.interrupt != nil {
		if e.replied && e.idle {
			ctx, cancel := context.WithTimeout(context.Background(), interruptPause)
			defer cancel()
			e.interrupt.await(ctx, isReply) // without a reply there's no more to do
		}
		e.interrupt.forget()
	}
	if e.probe != nil {
		e.probe.forget()
	}
}

// sendProbe sends a request behind ours. Its idle status comes on iopub, and in
// order: once it's there, ours can't come any more. If the kernel is dead we'll
// be told without it.
func (e *execution) sendProbe() {
	ctx, cancel := context.WithTimeout(e.kernel.life, idlePatience)
	defer cancel()
	if probe, err := e.kernel.post(ctx, Shell, "kernel_info_request", struct{}{}); err == nil {
		e.probe = probe
	}
}

// readProbe reports whether our idle status is lost.
func (e *execution) readProbe() (lost bool, err error) {
	for {
		ev, ok, err := e.probe.next()
		if !ok || err != nil {
			return false, err
		}
		if isIdle(ev) {
			break
		}
	}
	for {
		ev, ok, err := e.next()
		if !ok || err != nil {
			break
		}
		if err := e.take(context.Background(), ev); err != nil {
			return false, err
		}
	}
	if e.idle {
		return false, nil
	}
	if e.cause != nil {
		return true, fmt.Errorf("jupyter: kernel %s: %w: %w", e.kernel.spec.Name, e.cause, ErrOutputLost)
	}
	return true, fmt.Errorf("jupyter: kernel %s: %w", e.kernel.spec.Name, ErrOutputLost)
}
