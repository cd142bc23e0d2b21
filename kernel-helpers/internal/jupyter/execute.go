package jupyter

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An ExecuteRequest is code to run, and how to run it.
type ExecuteRequest struct {
	Code         string
	Silent       bool // without output and execution count
	StoreHistory bool
	StopOnError  bool // if the code fails, requests already queued behind it are aborted

	// Metadata is that of the request; nil stands for {}.
	Metadata map[string]any

	// Input answers a program that reads from its standard input. Without it,
	// the kernel is told that no input is available (allow_stdin is false), and
	// a kernel that asks nevertheless is interrupted ([ErrNoInput]). The kernel
	// is also interrupted if Input fails. Input runs beside the handling of
	// output, one call at a time. ctx ends when the context of Execute does, when
	// the kernel dies, or when the program has ended without waiting for the
	// answer; Execute then waits for Input to return.
	Input func(ctx context.Context, prompt string, password bool) (string, error)
}

// An ExecuteReply is the kernel's answer to an execute request.
type ExecuteReply struct {
	Status         string   `json:"status"` // "ok", "error" or "aborted"; "" if there was no reply
	ExecutionCount int      `json:"execution_count"`
	EName          string   `json:"ename"`
	EValue         string   `json:"evalue"`
	Traceback      []string `json:"traceback"`
	Message        Message  `json:"-"` // the reply itself
}

// Errors of [Kernel.Execute] other than a [*DeadError].
var (
	// ErrStillBusy means that the kernel was interrupted repeatedly during
	// [InterruptGrace] and is still running. The caller may wait or call
	// [Kernel.Kill].
	ErrStillBusy = errors.New("the kernel does not react to interrupts")
	// ErrNoInput means that the program asked for input and the request has no
	// Input.
	ErrNoInput = errors.New("the program asked for input, but none is available")
	// ErrOutputLost means that the kernel went on to another request without
	// the idle status of this one, so it has dropped messages.
	ErrOutputLost = errors.New("the kernel dropped messages: output is missing")
	// ErrBacklog means that more than [MaxBacklog] bytes of output were waiting
	// to be handled.
	ErrBacklog = errors.New("too much output is waiting to be handled: output is missing")
)

const (
	// InterruptGrace is how long a cancelled [Kernel.Execute] keeps
	// interrupting the kernel.
	InterruptGrace = 2 * time.Second
	// MaxBacklog is how many bytes of output may wait to be handled.
	MaxBacklog = 1 << 30

	interruptPause = 250 * time.Millisecond
	// idlePatience is how long iopub may be silent after a reply before Execute
	// checks whether the idle status was lost.
	idlePatience = time.Second
)

// Execute runs code and waits until both the reply and the idle status have
// arrived. It passes every iopub message of this request, including status
// messages, to handle, in order and in its own goroutine. A nil handle ignores
// them. A reply with the status "error" is not an error of Execute.
//
// When ctx ends, Execute interrupts the kernel (by message or signal, as its
// spec says), and again every 250 ms. If the kernel then finishes the request,
// Execute returns the reply together with an error that wraps ctx's cause; the
// kernel keeps its definitions and is ready for the next request. If the kernel
// is still running after [InterruptGrace], the error also wraps [ErrStillBusy].
// The same applies to [ErrNoInput] and [ErrBacklog].
//
// A kernel runs one request after another, and an interrupt applies to the one
// that is running. So don't cancel an Execute while another one is before it.
func (k *Kernel) Execute(ctx context.Context, r ExecuteRequest, handle func(Message)) (ExecuteReply, error) {
	if err := context.Cause(ctx); err != nil {
		return ExecuteReply{}, fmt.Errorf("jupyter: execute: %w", err)
	}
	if handle == nil {
		handle = func(Message) {}
	}
	p, err := k.postWith(ctx, Shell, "execute_request", r.Metadata, map[string]any{
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
	e := executeCall{pending: p, request: r, handle: handle}
	defer e.settle()
	err = e.run(ctx)
	return e.reply, err
}

// An executeCall is one call of Execute.
type executeCall struct {
	*pending
	request ExecuteRequest
	handle  func(Message)

	reply         ExecuteReply
	replied, idle bool

	cause     error            // why the kernel is being interrupted
	flawed    error            // the same, if the reason is that something is missing
	again     <-chan time.Time // when to send the next interrupt
	giveUp    <-chan time.Time // when to stop waiting
	interrupt *pending         // the last interrupt request

	questions []Message   // requests for input that no call of Input answers yet
	asking    chan error  // the outcome of the call of Input that is under way, or nil
	endInput  func(error) // ends it

	silence <-chan time.Time // fires if iopub is silent for too long after the reply
	probe   *pending         // a request that shows whether the idle status was lost
}

// run handles events until all have arrived, or no more can.
func (e *executeCall) run(ctx context.Context) error {
	k := e.kernel
	for {
		ev, ok, err := e.next()
		if ok {
			if err := e.handleEvent(ctx, ev); err != nil {
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
		case err := <-e.asking:
			e.answered(ctx, err)
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

// handleEvent handles one event.
func (e *executeCall) handleEvent(ctx context.Context, ev event) error {
	switch {
	case ev.channel == IOPub:
		e.idle = e.idle || isIdle(ev)
		e.handle(ev.msg)
	case ev.channel == Stdin && ev.msg.Header.MsgType == "input_request":
		if e.request.Input == nil {
			e.stop(ErrNoInput)
			return nil
		}
		e.questions = append(e.questions, ev.msg)
		e.ask(ctx)
	case isReply(ev) && !e.replied:
		e.replied = true
		if e.asking != nil {
			e.endInput(errNotAwaited)
		}
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

// errNotAwaited ends a call of Input whose answer nobody waits for any more.
var errNotAwaited = errors.New("the program has ended")

// ask starts to answer the next request for input, unless another one is being
// answered or the program has ended.
func (e *executeCall) ask(ctx context.Context) {
	if e.asking != nil || len(e.questions) == 0 || e.replied {
		return
	}
	question := e.questions[0]
	e.questions = e.questions[1:]
	ctx, cancel := context.WithCancelCause(ctx)
	unbind := context.AfterFunc(e.kernel.life, func() { cancel(e.kernel.Err()) })
	outcome := make(chan error, 1)
	e.asking = outcome
	e.endInput = func(err error) {
		unbind()
		cancel(err)
	}
	go func() { outcome <- e.answer(ctx, question) }()
}

// answered handles the outcome of a call of Input.
func (e *executeCall) answered(ctx context.Context, err error) {
	e.endInput(nil)
	e.asking = nil
	switch {
	case err == nil:
		e.ask(ctx)
	case ctx.Err() != nil:
		e.stop(context.Cause(ctx))
	case !e.replied:
		e.stop(fmt.Errorf("input: %w", err))
	}
}

// answer answers the program's request for input.
func (e *executeCall) answer(ctx context.Context, question Message) error {
	var ask struct {
		Prompt   string `json:"prompt"`
		Password bool   `json:"password"`
	}
	if err := question.Decode(&ask); err != nil {
		return err
	}
	value, err := e.request.Input(ctx, ask.Prompt, ask.Password)
	if err != nil {
		return err
	}
	answer, err := NewMessage(e.kernel.session, "input_reply", map[string]string{"value": value, "status": "ok"})
	if err != nil {
		return err
	}
	return e.kernel.send(ctx, Stdin, answer.WithParent(question))
}

// stop starts to interrupt the kernel.
func (e *executeCall) stop(cause error) {
	if e.cause != nil {
		return
	}
	e.cause = cause
	e.giveUp = time.After(e.kernel.interruptGrace)
	if !e.idle {
		e.sendInterrupt()
	}
}

// sendInterrupt interrupts the kernel. If it can't, Execute still waits: the
// kernel may finish anyway, and if it is dead, another event reports that.
func (e *executeCall) sendInterrupt() {
	e.again = time.After(interruptPause)
	// An incomplete message would make the channel unusable, so allow the whole
	// grace.
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

// settle waits for Input, and for the reply to the last interrupt, so that neither can
// affect the next request.
func (e *executeCall) settle() {
	if e.asking != nil {
		e.endInput(errNotAwaited)
		<-e.asking // its error is of no use any more
	}
	if e.interrupt != nil {
		if e.replied && e.idle {
			ctx, cancel := context.WithTimeout(context.Background(), interruptPause)
			defer cancel()
			e.interrupt.await(ctx, isReply) // nothing more can be done without a reply
		}
		e.interrupt.forget()
	}
	if e.probe != nil {
		e.probe.forget()
	}
}

// sendProbe sends another request. Its idle status arrives on iopub after ours,
// so once it has arrived, ours was lost. If the kernel is dead, another event
// reports that.
func (e *executeCall) sendProbe() {
	ctx, cancel := context.WithTimeout(e.kernel.life, idlePatience)
	defer cancel()
	if probe, err := e.kernel.post(ctx, Shell, "kernel_info_request", struct{}{}); err == nil {
		e.probe = probe
	}
}

// readProbe reports whether the idle status of the request was lost.
func (e *executeCall) readProbe() (lost bool, err error) {
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
		if err := e.handleEvent(context.Background(), ev); err != nil {
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
