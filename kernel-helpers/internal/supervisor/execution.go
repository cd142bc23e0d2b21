package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

var (
	errBusy        = errors.New("a cell is running")
	errInterrupted = errors.New("interrupted")
)

const (
	// GoNB gets this long to end an interrupted cell by itself: the program may
	// want to say goodbye. Then the cell's processes are killed.
	interruptGrace = 250 * time.Millisecond
	// A cell that still isn't over after this is GoNB's own fault, and GoNB is
	// ended and started again. giveUpEnv says another time.
	giveUpAfter = 1500 * time.Millisecond
)

// executeContent is the content of an execute request.
type executeContent struct {
	Code         string            `json:"code"`
	Silent       bool              `json:"silent"`
	StoreHistory *bool             `json:"store_history"`
	Expressions  map[string]string `json:"user_expressions"`
	AllowStdin   *bool             `json:"allow_stdin"`
	StopOnError  *bool             `json:"stop_on_error"`
}

// orTrue is the value of a field whose absence means true.
func orTrue(b *bool) bool { return b == nil || *b }

// execution is one cell at work.
type execution struct {
	s       *Supervisor
	request front.Request
	asked   executeContent
	count   int
	gonb    atomic.Pointer[jupyter.Kernel]
	out     *report.Output
	stderr  report.CrashFilter

	began     ticks // what was there before isn't the cell's
	ctx       context.Context
	cancel    context.CancelCauseFunc
	done      chan struct{}  // closed when the cell is over
	watch     sync.WaitGroup // the escalation, if there is one
	ending    sync.Mutex     // guards the next two
	stopping  bool           // an escalation has begun
	ended     bool           // none may begin any more
	publishes sync.Mutex     // statuses of other requests don't come after our idle
	over      bool

	test bool // it's a %test cell
}

// execute runs one cell from request to reply.
func (s *Supervisor) execute(r front.Request) {
	x := &execution{s: s, request: r, began: now(), done: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancelCause(s.life)
	defer x.cancel(nil)
	if err := r.Decode(&x.asked); err != nil {
		s.refuse(r, err)
		return
	}
	x.count = s.history.next(x.remembered())
	x.out = report.NewOutput(x.stream, filepath.Join(s.home, "output-"+strconv.Itoa(x.count)+"-"+r.Header.MsgID+".txt"), s.spillBudget)
	s.history.current(x.count, x.asked.Code)
	s.running.Store(x)
	s.front.Status(r.Message, "busy")
	if !x.asked.Silent {
		s.front.Publish(r.Message, "execute_input", map[string]any{"code": x.asked.Code, "execution_count": x.count})
	}
	f := x.run()
	x.settle()
	if gonb := x.gonb.Load(); gonb != nil && x.wasInterrupted() {
		x.killProcesses(gonb, nil) // what got away from GoNB
	}
	x.out.Finish()
	if x.remembered() {
		s.history.add(x.count, x.asked.Code, f == nil)
	}
	var behind []front.Request // cells that wait behind a failed one aren't run
	if f != nil && !x.asked.Silent && orTrue(x.asked.StopOnError) {
		behind = s.cells.takeAll() // before anybody knows: what comes then is meant to run
	}
	x.reply(f)
	s.running.Store(nil)
	x.idle()
	s.abort(behind, "a cell before this one failed")
	s.reap()
}

// remembered reports whether the cell counts and goes into the history.
func (x *execution) remembered() bool { return !x.asked.Silent && orTrue(x.asked.StoreHistory) }

// replay runs all cells with declarations again, in order, until one fails.
func (x *execution) replay() *report.Failure {
	n := 0
	for _, e := range x.s.history.declared() {
		reply, err := x.pass(e.source)
		if f := x.judge(reply, err); f != nil {
			f.Traceback = append(f.Traceback, fmt.Sprintf("while cell %d was run again", e.count))
			return f
		}
		n++
	}
	x.out.Write("stdout", fmt.Sprintf("%d cells that declare something were run again.\n", n))
	return nil
}

// stillBusy says again that the cell is at work, unless it's over.
func (x *execution) stillBusy() {
	x.publishes.Lock()
	defer x.publishes.Unlock()
	if !x.over {
		x.s.front.Status(x.request.Message, "busy")
	}
}

func (x *execution) idle() {
	x.publishes.Lock()
	defer x.publishes.Unlock()
	x.over = true
	x.s.front.Status(x.request.Message, "idle")
}

// reply publishes the error, if there is one, and answers the request.
func (x *execution) reply(f *report.Failure) {
	if f == nil {
		x.s.front.Reply(x.request, "execute_reply", map[string]any{
			"status": "ok", "execution_count": x.count, "user_expressions": x.expressions(), "payload": []any{},
		})
		return
	}
	content := map[string]any{"ename": f.Name, "evalue": f.Value, "traceback": f.Traceback}
	if !x.asked.Silent {
		x.s.front.Publish(x.request.Message, "error", content)
	}
	content["status"], content["execution_count"] = "error", x.count
	x.s.front.Reply(x.request, "execute_reply", content)
}

// expressions answers user expressions: Go can't evaluate one outside of a
// program.
func (x *execution) expressions() map[string]any {
	answers := map[string]any{}
	for name := range x.asked.Expressions {
		answers[name] = map[string]any{"status": "error", "ename": "Unsupported", "evalue": "Go has no expressions outside of a program", "traceback": []string{}}
	}
	return answers
}

// abort answers cells that aren't run. They get no count, as ipykernel's don't:
// JupyterLab would show it beside the cell as if it had run.
func (s *Supervisor) abort(cells []front.Request, why string) {
	for _, r := range cells {
		s.front.Status(r.Message, "busy")
		s.front.Reply(r, "execute_reply", map[string]any{"status": "aborted", "ename": "Aborted", "evalue": why, "traceback": []string{}})
		s.front.Status(r.Message, "idle")
	}
}

// refuse answers a request that can't be read.
func (s *Supervisor) refuse(r front.Request, err error) {
	s.bracket(r, func() {
		s.front.Reply(r, replyTo(r.Header.MsgType), map[string]any{
			"status": "error", "execution_count": s.history.count(), "ename": "BadRequest", "evalue": err.Error(), "traceback": []string{},
		})
	})
}

// reap takes dead orphans that a cell left to us out of the process table.
func (s *Supervisor) reap() {
	select {
	case <-s.tending: // nobody waits for a GoNB that we don't know yet
		defer func() { s.tending <- struct{}{} }()
	default:
		return
	}
	awaited := 0
	if gonb := s.gonb.Load(); gonb != nil {
		awaited = gonb.PID()
	}
	if err := reapOrphans(awaited); err != nil {
		s.log.Warn("cleaning up", "err", err)
	}
}

// run executes the cell, and returns how it failed or nil.
func (x *execution) run() *report.Failure {
	gonb, err := x.s.backend(x.ctx)
	if err != nil {
		return x.broken(err)
	}
	x.gonb.Store(gonb)
	if err := x.s.definitionsLost(); err != nil {
		x.out.Write("stderr", lostNotice(err))
	}
	if report.IsReplay(x.asked.Code) {
		return x.replay()
	}
	reply, err := x.pass(x.asked.Code)
	return x.judge(reply, err)
}

func lostNotice(err error) string {
	return "GoNB ended and was started again, so all declarations are gone (" + report.FirstLine(err.Error()) + ").\n" +
		"Run their cells again, or a cell with " + report.ReplayCommand + " to run all that declared something.\n"
}

func (x *execution) stream(name, text string) {
	if x.asked.Silent {
		return
	}
	x.s.front.Publish(x.request.Message, "stream", map[string]string{"name": name, "text": text})
}

// pass has GoNB run code. When the cell is interrupted, Execute isn't told: it
// would give up at a time of its own, and interrupt and insist do all that it
// would.
func (x *execution) pass(code string) (jupyter.ExecuteReply, error) {
	x.test = report.IsTest(code)
	r := jupyter.ExecuteRequest{Code: code, Silent: x.asked.Silent, StoreHistory: orTrue(x.asked.StoreHistory), StopOnError: false}
	if orTrue(x.asked.AllowStdin) {
		r.Input = x.input
	}
	if err := context.Cause(x.ctx); err != nil {
		return jupyter.ExecuteReply{}, err
	}
	reply, err := x.gonb.Load().Execute(x.s.life, r, x.take)
	if err == nil {
		err = context.Cause(x.ctx)
	}
	return reply, err
}

// take handles what GoNB says about the cell while it runs.
func (x *execution) take(m jupyter.Message) {
	switch m.Header.MsgType {
	case "stream":
		name, text, err := report.ReadStream(m)
		if err != nil {
			x.s.log.Warn("stream", "err", err)
			return
		}
		if x.test && name == "stdout" {
			text = report.RelocateLog(text, x.program)
		}
		x.print(name, text)
	case "status", "execute_input", "error": // we say that ourselves
	case "display_data", "update_display_data", "clear_output":
		if !x.asked.Silent {
			x.forward(m)
		}
	default:
		x.s.comms.note(m)
		x.forward(m)
	}
}

// forward passes a message on, behind what was printed before it.
func (x *execution) forward(m jupyter.Message) {
	x.out.Flush()
	x.s.front.Forward(x.request.Message, m)
}

// print takes printed text. The report of a crash is kept for the error.
func (x *execution) print(name, text string) {
	if name == "stderr" {
		text = x.stderr.Write(text)
	}
	x.out.Write(name, text)
}

// judge decides how the cell ended.
func (x *execution) judge(reply jupyter.ExecuteReply, err error) *report.Failure {
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
	f := report.Explain(report.FailedCell{Name: reply.EName, Value: reply.EValue, Crash: crash, Test: x.test, Program: x.program()})
	return &f
}

func (x *execution) wasInterrupted() bool { return errors.Is(context.Cause(x.ctx), errInterrupted) }

// broken says why a cell came to no end of its own.
func (x *execution) broken(err error) *report.Failure {
	var dead *jupyter.DeadError
	gonb := x.gonb.Load()
	died := gonb != nil && errors.As(err, &dead)
	how := err.Error()
	switch {
	case died:
		how = "GoNB ended while the cell ran (" + dead.State + ")"
	case gonb != nil && errors.Is(err, jupyter.ErrStillBusy):
		// It would run the next cell when it's done with this one, or never.
		x.s.log.Error("GoNB doesn't end a cell: it is ended itself", "err", err)
		if err := gonb.Kill(); err != nil {
			x.s.log.Error("GoNB left something", "err", err)
		}
		died = true
	}
	if died {
		x.s.knows(gonb) // it's told here
	}
	var f report.Failure
	switch {
	case x.s.life.Err() != nil:
		f = report.NewFailure(report.KernelDied, "the kernel was shut down while the cell ran")
	case x.wasInterrupted() && died:
		return x.interrupted("; GoNB had to be ended with it, so all declarations are gone")
	case x.wasInterrupted():
		return x.interrupted("")
	case died:
		f = report.NewFailure(report.KernelDied, how)
		f.Traceback = append(f.Traceback, lostNotice(err))
	default:
		f = report.NewFailure(report.KernelDied, how)
	}
	return &f
}

func (x *execution) interrupted(more string) *report.Failure {
	f := report.NewFailure(report.KeyboardInterrupt, "the cell was interrupted"+more)
	return &f
}

// program returns the program that GoNB made of the cell.
func (x *execution) program() report.Program {
	return report.Program{Lines: x.lines(), Sources: x.s.history.sources()}
}

// lines reads the program's lines. Our GoNB keeps them in cell.txt. With another
// GoNB, a completion that waited for the cell may have overwritten main.go.
func (x *execution) lines() []string {
	names := []string{"cell.txt", "main.go"}
	if x.test {
		names[1] = "main_test.go"
	}
	for _, name := range names {
		files, err := filepath.Glob(filepath.Join(x.gonb.Load().TempDir(), "gonb_*", name))
		if err != nil || len(files) == 0 {
			continue
		}
		text, err := os.ReadFile(files[0])
		if err != nil {
			x.s.log.Warn("read the cell's program", "err", err)
			continue
		}
		return strings.Split(string(text), "\n")
	}
	return nil
}

// interrupt ends the cell: first politely, then its processes, then GoNB.
func (x *execution) interrupt() {
	x.ending.Lock()
	defer x.ending.Unlock()
	if x.ended || x.stopping {
		return
	}
	x.stopping = true
	x.cancel(errInterrupted)
	x.watch.Go(x.insist)
}

// settle waits until nobody kills anything on the cell's behalf.
func (x *execution) settle() {
	x.ending.Lock()
	x.ended = true
	x.ending.Unlock()
	close(x.done)
	x.watch.Wait()
}

// ask interrupts GoNB, again and again: what comes before GoNB has begun with
// the cell is dropped. It waits for the replies, or an interrupt could hit the
// next cell.
func (x *execution) ask(gonb *jupyter.Kernel) {
	for {
		ctx, cancel := context.WithTimeout(x.s.life, x.s.giveUpAfter)
		err := gonb.Interrupt(ctx)
		cancel()
		if err != nil {
			x.s.log.Info("interrupt", "err", err)
		}
		select {
		case <-x.done:
			return
		case <-gonb.Done():
			return
		case <-time.After(interruptGrace):
		}
	}
}

func (x *execution) insist() {
	began := time.Now()
	asked := false
	for pause := interruptGrace; ; pause = 50 * time.Millisecond {
		gonb := x.gonb.Load()
		if gonb != nil && !asked {
			asked = true
			x.watch.Go(func() { x.ask(gonb) })
		}
		select {
		case <-x.done:
			return
		case <-time.After(pause):
		}
		if gonb == nil {
			continue // it's about to start
		}
		// Again and again: a cell that compiles starts its program when the
		// compiler is dead, and a program may start others.
		x.killProcesses(gonb, x.done)
		if time.Since(began) > x.s.giveUpAfter {
			x.s.log.Error("GoNB doesn't end an interrupted cell: it is ended itself")
			gonb.Kill()
			return
		}
	}
}

// killProcesses kills what the cell started, as long as GoNB is the one that
// the cell runs in. It gives up waiting for its turn when done is closed.
func (x *execution) killProcesses(gonb *jupyter.Kernel, done <-chan struct{}) {
	select {
	case <-x.s.tending:
		defer func() { x.s.tending <- struct{}{} }()
	case <-done:
		return
	case <-x.s.life.Done(): // then all processes go
		return
	case <-gonb.Done(): // so they do
		return
	}
	if x.s.gonb.Load() != gonb {
		return
	}
	if err := killBelow(spareKernel(gonb.PID(), x.began)); err != nil {
		x.s.log.Warn("interrupt", "err", err)
	}
}

// input asks the person at the cell's front end.
func (x *execution) input(ctx context.Context, prompt string, password bool) (string, error) {
	x.out.Flush()
	select {
	case <-x.s.replies: // an answer that nobody waited for
	default:
	}
	x.s.front.Ask(x.request, "input_request", map[string]any{"prompt": prompt, "password": password})
	select {
	case value := <-x.s.replies:
		return value, nil
	case <-x.ctx.Done():
		return "", fmt.Errorf("no answer: %w", context.Cause(x.ctx))
	case <-ctx.Done():
		return "", fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
}

// input takes an answer.
func (s *Supervisor) input(r front.Request) {
	var answer struct {
		Value string `json:"value"`
	}
	x := s.running.Load()
	if r.Header.MsgType != "input_reply" || r.Decode(&answer) != nil || x == nil || !r.SameClient(x.request) {
		s.log.Warn("dropped an answer that nobody asked for", "type", r.Header.MsgType)
		return
	}
	select {
	case s.replies <- answer.Value:
	default:
		s.log.Warn("dropped a second answer")
	}
}
