package supervisor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/internal/debugger"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

var errInterrupted = errors.New("interrupted")

// cellRun is one cell that is running.
type cellRun struct {
	*session
	request front.Request
	content executeContent
	count   int // its execution count

	life       context.Context // ends with the kernel
	ctx        context.Context // ends with the kernel or when the cell is interrupted
	cancel     context.CancelCauseFunc
	kernel     atomic.Pointer[jupyter.Kernel] // the GoNB that it runs in; nil before that has started
	began      processes.Ticks
	escalation escalation

	out     *report.Output
	stderr  report.CrashFilter
	test    bool        // the code that runs is a %test cell
	program *debugging  // nil while none is debugged
	answers chan string // from the user
}

// newCellRun returns a cell that is about to run. It counts the cell and makes it
// the current one of the history. Its method end must be called.
func newCellRun(ctx context.Context, s *session, r front.Request, content executeContent, giveUpAfter time.Duration) *cellRun {
	x := &cellRun{
		session: s, request: r, content: content,
		life: ctx, began: processes.Now(), answers: make(chan string, 1),
	}
	x.count = s.history.next(content.remembered())
	s.history.current(x.number(), content.Code)
	x.ctx, x.cancel = context.WithCancelCause(ctx)
	x.escalation = escalation{
		log: s.log, backend: s.gonb, gonb: x.kernel.Load, began: x.began, giveUpAfter: giveUpAfter,
		program: s.debug.Interrupt, done: make(chan struct{}),
	}
	x.out = s.output("output-"+strconv.Itoa(x.count)+"-"+r.Header.MsgID+".txt", x.stream)
	return x
}

// interrupt ends the cell. It does nothing if the cell is over.
func (x *cellRun) interrupt() {
	x.escalation.start(x.life, func() { x.cancel(errInterrupted) })
}

func (x *cellRun) wasInterrupted() bool { return errors.Is(context.Cause(x.ctx), errInterrupted) }

// end releases what the cell holds.
func (x *cellRun) end() { x.cancel(nil) }

// run executes the cell and returns its failure, or nil. When it returns, all
// output has been sent and no escalation is at work.
func (x *cellRun) run() *report.Failure {
	f := x.execute()
	x.escalation.settle()
	if gonb := x.kernel.Load(); gonb != nil && x.wasInterrupted() {
		x.gonb.killCell(gonb, x.began, nil) // what escaped from GoNB
	}
	x.out.Finish()
	return f
}

func (x *cellRun) execute() *report.Failure {
	gonb, err := x.gonb.get(x.ctx)
	if err != nil {
		return x.broken(err)
	}
	x.kernel.Store(gonb)
	if err := x.gonb.unreportedDeath(); err != nil {
		x.out.Write("stderr", lossNotice(err))
	}
	if report.IsReplay(x.content.Code) {
		return x.replay()
	}
	reply, err := x.pass(x.content.Code, x.number())
	return x.judge(reply, err)
}

func lossNotice(err error) string {
	return "GoNB ended and was started again (" + report.FirstLine(err.Error()) + ").\n" +
		"What earlier cells declared has been restored.\n"
}

// replay runs all cells with declarations again, in order, until one fails.
func (x *cellRun) replay() *report.Failure {
	n := 0
	for _, e := range x.history.declared() {
		reply, err := x.pass(e.source, e.count)
		if f := x.judge(reply, err); f != nil {
			f.Traceback = append(f.Traceback, fmt.Sprintf("while cell %d was run again", e.count))
			return f
		}
		n++
	}
	x.out.Write("stdout", fmt.Sprintf("%d cells that declare something were run again.\n", n))
	return nil
}

// pass makes GoNB run code. An interrupt doesn't end the context of Execute, which
// would then give up at a time of its own; the escalation ends the cell.
func (x *cellRun) pass(code string, number int) (jupyter.ExecuteReply, error) {
	x.test = report.IsTest(code)
	r := jupyter.ExecuteRequest{Code: code, Silent: x.content.Silent, StoreHistory: orTrue(x.content.StoreHistory), StopOnError: false, Metadata: x.identity(number)}
	if orTrue(x.content.AllowStdin) {
		r.Input = x.input
	}
	if err := context.Cause(x.ctx); err != nil {
		return jupyter.ExecuteReply{}, err
	}
	var watch *debugger.Watch
	without, limit, found, fault := debugCommand(code, number)
	if fault != "" {
		return jupyter.ExecuteReply{Status: "error", EName: report.CommandError, EValue: fault}, nil
	}
	if found {
		r.Code = without
		watch = &debugger.Watch{Limit: limit, Report: x.showReport}
	}
	program, notice := beginDebugging(x.life, x.debug, watch)
	x.out.Write("stderr", notice)
	if program != nil {
		r.Metadata["debug"] = program.run.Metadata()
	}
	x.program = program
	reply, err := x.kernel.Load().Execute(x.life, r, x.take)
	x.program = nil
	if program != nil {
		again, notice := program.end(x.debug, &reply, err != nil || x.wasInterrupted())
		x.gonb.killCell(x.kernel.Load(), x.began, nil) // the program has a group of its own
		x.out.Write("stderr", notice)
		if again {
			delete(r.Metadata, "debug")
			reply, err = x.kernel.Load().Execute(x.life, r, x.take)
		}
		for _, m := range program.release() {
			x.takeStream(m)
		}
	}
	if err == nil {
		err = context.Cause(x.ctx)
	}
	return reply, err
}

// number is the number by which errors name the cell: its execution count, or 0
// if it has none of its own.
func (x *cellRun) number() int {
	if x.content.remembered() {
		return x.count
	}
	return 0
}

// identity tells GoNB the number of a cell, and for the cell at hand the front
// end's ID: an edited cell with the same ID replaces what it declared.
func (x *cellRun) identity(number int) map[string]any {
	identity := map[string]any{"execution_count": number}
	var metadata struct {
		CellID string `json:"cellId"`
	}
	if number == x.number() && json.Unmarshal(x.request.Metadata, &metadata) == nil && metadata.CellID != "" {
		identity["cellId"] = metadata.CellID
	}
	return identity
}

// take handles a message of GoNB about the cell.
func (x *cellRun) take(m jupyter.Message) {
	switch m.Header.MsgType {
	case "stream":
		if x.program.hold(m) {
			return
		}
		for _, before := range x.program.release() {
			x.takeStream(before)
		}
		x.takeStream(m)
	case "status", "execute_input", "error": // the supervisor sends its own
	case "display_data", "update_display_data", "clear_output":
		if !x.content.Silent {
			x.forward(m)
		}
	default:
		x.comms.note(m)
		x.forward(m)
	}
}

// showReport publishes who waits for what in the cell's program.
func (x *cellRun) showReport(r debugger.Report) {
	if x.content.Silent {
		return
	}
	x.out.Flush()
	x.front.Publish(x.request.Message, "display_data", reportContent(r))
}

// takeStream handles what GoNB or the program printed.
func (x *cellRun) takeStream(m jupyter.Message) {
	name, text, err := report.ReadStream(m)
	if err != nil {
		x.log.Warn("stream", "err", err)
		return
	}
	if x.test && name == "stdout" {
		text = report.RelocateLog(text)
	}
	x.print(name, x.program.clean(text))
}

// forward publishes a message of GoNB after the output before it.
func (x *cellRun) forward(m jupyter.Message) {
	x.out.Flush()
	x.front.Forward(x.request.Message, m)
}

// print takes printed text. The report of a crash is kept for the error.
func (x *cellRun) print(name, text string) {
	if name == "stderr" {
		text = x.stderr.Write(text)
	}
	x.out.Write(name, text)
}

// stream publishes a part of the output.
func (x *cellRun) stream(name, text string) {
	if x.content.Silent {
		return
	}
	x.front.Publish(x.request.Message, "stream", map[string]string{"name": name, "text": text})
}

// input asks the user for input.
func (x *cellRun) input(ctx context.Context, prompt string, password bool) (string, error) {
	x.out.Flush()
	select {
	case <-x.answers: // one that came before the question
	default:
	}
	x.front.Ask(x.request, "input_request", map[string]any{"prompt": prompt, "password": password})
	select {
	case value := <-x.answers:
		return value, nil
	case <-x.ctx.Done():
		return "", fmt.Errorf("no answer: %w", context.Cause(x.ctx))
	case <-ctx.Done():
		return "", fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
}

// answer takes the user's input. It returns false if there is one already.
func (x *cellRun) answer(value string) bool {
	select {
	case x.answers <- value:
		return true
	default:
		return false
	}
}

// judge decides how the cell ended.
func (x *cellRun) judge(reply jupyter.ExecuteReply, err error) *report.Failure {
	printed, crash := x.stderr.End()
	x.out.Write("stderr", printed)
	switch {
	case err != nil:
		x.out.Write("stderr", crash)
		return x.broken(err)
	case reply.Status == "ok":
		x.out.Write("stderr", crash) // it only looked like a crash
		return nil
	case x.wasInterrupted():
		return x.interrupted("")
	}
	f := report.Explain(report.FailedCell{Name: reply.EName, Value: reply.EValue, Crash: crash, Test: x.test, Sources: x.history.sources()})
	return &f
}

// broken returns the failure of a cell that GoNB didn't bring to an end.
func (x *cellRun) broken(err error) *report.Failure {
	var dead *jupyter.DeadError
	gonb := x.kernel.Load()
	died := gonb != nil && errors.As(err, &dead)
	how := err.Error()
	switch {
	case died:
		how = "GoNB ended while the cell ran (" + dead.State + ")"
	case gonb != nil && errors.Is(err, jupyter.ErrStillBusy):
		// GoNB would run the next cell only after this one, or never.
		x.log.Error("killing GoNB, which does not end a cell", "err", err)
		if err := gonb.Kill(); err != nil {
			x.log.Error("GoNB left something", "err", err)
		}
		died = true
	}
	if died {
		x.gonb.reportDead(gonb) // by this failure
	}
	var f report.Failure
	switch {
	case x.life.Err() != nil:
		f = report.NewFailure(report.KernelDied, "the kernel was shut down while the cell ran")
	case x.wasInterrupted() && died:
		return x.interrupted("; GoNB had to be ended with it; what earlier cells declared has been restored")
	case x.wasInterrupted():
		return x.interrupted("")
	case died:
		f = report.NewFailure(report.KernelDied, how)
		f.Traceback = append(f.Traceback, lossNotice(err))
	default:
		f = report.NewFailure(report.KernelDied, how)
	}
	return &f
}

func (x *cellRun) interrupted(more string) *report.Failure {
	f := report.NewFailure(report.KeyboardInterrupt, "the cell was interrupted"+more)
	return &f
}
