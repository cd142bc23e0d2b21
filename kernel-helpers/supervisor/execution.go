package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/jupyter"
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
	// ended and started again.
	giveUpAfter = 1500 * time.Millisecond
	// maxReport is how much of a crash's report is kept, in bytes.
	maxReport = 256 << 10
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
	request request
	asked   executeContent
	count   int
	gonb    atomic.Pointer[jupyter.Kernel]
	out     output

	ctx       context.Context
	cancel    context.CancelCauseFunc
	done      chan struct{} // closed when the cell is over
	escalate  sync.Once
	watch     sync.WaitGroup // the escalation, if there is one
	publishes sync.Mutex     // statuses of other requests don't come after our idle
	over      bool

	held   string // the end of stderr, which may be the beginning of a report
	report strings.Builder
	exit   string // GoNB's own words about how a program ended
}

// execute runs one cell from request to reply.
func (s *Supervisor) execute(r request) {
	x := &execution{s: s, request: r, done: make(chan struct{})}
	x.ctx, x.cancel = context.WithCancelCause(s.life)
	defer x.cancel(nil)
	if err := r.Decode(&x.asked); err != nil {
		s.log.Warn("dropped an execute request", "err", err)
		return
	}
	x.count = s.history.next(x.remembered())
	s.history.current(x.count, x.asked.Code)
	s.running.Store(x)
	s.front.status(r.Message, "busy")
	if !x.asked.Silent {
		s.front.publish(r.Message, "execute_input", map[string]any{"code": x.asked.Code, "execution_count": x.count})
	}
	f := x.run()
	close(x.done)
	x.watch.Wait()
	x.out.finish()
	if x.remembered() {
		s.history.add(x.count, x.asked.Code, f == nil)
	}
	x.reply(f)
	s.running.Store(nil)
	x.idle()
	if f != nil && orTrue(x.asked.StopOnError) {
		s.abort()
	}
	s.reap()
}

// remembered reports whether the cell counts and goes into the history.
func (x *execution) remembered() bool { return !x.asked.Silent && orTrue(x.asked.StoreHistory) }

// stillBusy says again that the cell is at work, unless it's over.
func (x *execution) stillBusy() {
	x.publishes.Lock()
	defer x.publishes.Unlock()
	if !x.over {
		x.s.front.status(x.request.Message, "busy")
	}
}

func (x *execution) idle() {
	x.publishes.Lock()
	defer x.publishes.Unlock()
	x.over = true
	x.s.front.status(x.request.Message, "idle")
}

// reply publishes the error, if there is one, and answers the request.
func (x *execution) reply(f *failure) {
	if f == nil {
		x.s.front.reply(x.request, "execute_reply", map[string]any{
			"status": "ok", "execution_count": x.count, "user_expressions": x.expressions(), "payload": []any{},
		})
		return
	}
	content := map[string]any{"ename": f.name, "evalue": f.value, "traceback": f.traceback}
	x.s.front.publish(x.request.Message, "error", content)
	content["status"], content["execution_count"] = "error", x.count
	x.s.front.reply(x.request, "execute_reply", content)
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

// abort answers the cells that wait behind a failed one: they aren't run.
func (s *Supervisor) abort() {
	for _, r := range s.cells.takeAll() {
		s.front.status(r.Message, "busy")
		s.front.reply(r, "execute_reply", map[string]any{"status": "aborted", "execution_count": s.history.count(), "ename": "Aborted", "evalue": "a cell before this one failed", "traceback": []string{}})
		s.front.status(r.Message, "idle")
	}
}

// reap takes dead orphans that a cell left to us out of the process table.
func (s *Supervisor) reap() {
	table, err := processes()
	if err != nil {
		return
	}
	self := os.Getpid()
	for _, p := range below(table, self, func(p process) bool { return !p.zombie || s.isGoNB(p.pid) }) {
		reap(p, self)
	}
}

func (s *Supervisor) isGoNB(pid int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.gonb != nil && s.gonb.PID() == pid
}

// run executes the cell, and returns how it failed or nil.
func (x *execution) run() *failure {
	gonb, err := x.s.backend(x.ctx)
	if err != nil {
		return &failure{kernelDied, err.Error(), []string{red(kernelDied) + ": " + err.Error()}}
	}
	x.gonb.Store(gonb)
	x.out = output{
		send:  func(name, text string) { x.stream(name, text) },
		spill: filepath.Join(gonb.TempDir(), "output-"+strconv.Itoa(x.count)+".txt"),
	}
	if err := x.s.definitionsLost(); err != nil {
		x.out.write("stderr", lostNotice(err))
	}
	if strings.TrimSpace(x.asked.Code) == replayCommand {
		return x.replay()
	}
	reply, err := x.pass(x.asked.Code)
	return x.judge(reply, err)
}

func lostNotice(err error) string {
	return "GoNB ended and was started again, so all declarations are gone (" + firstLine(err.Error()) + ").\n" +
		"Run their cells again, or a cell with " + replayCommand + " to run all that declared something.\n"
}

func (x *execution) stream(name, text string) {
	x.s.front.publish(x.request.Message, "stream", map[string]string{"name": name, "text": text})
}

// pass has GoNB run code.
func (x *execution) pass(code string) (jupyter.ExecuteReply, error) {
	r := jupyter.ExecuteRequest{Code: code, Silent: x.asked.Silent, StoreHistory: orTrue(x.asked.StoreHistory), StopOnError: false}
	if orTrue(x.asked.AllowStdin) {
		r.Input = x.input
	}
	return x.gonb.Load().Execute(x.ctx, r, x.take)
}

// take handles what GoNB says about the cell while it runs.
func (x *execution) take(m jupyter.Message) {
	switch m.Header.MsgType {
	case "stream":
		var s struct{ Name, Text string }
		if err := m.Decode(&s); err != nil {
			x.s.log.Warn("stream", "err", err)
			return
		}
		x.print(s.Name, s.Text)
	case "status", "execute_input", "error": // we say that ourselves
	default:
		x.s.comms.note(m)
		x.out.flush()
		x.s.front.forward(x.request.Message, m)
	}
}

// exitNote is what GoNB itself writes to stderr after a program that failed.
var exitNote = regexp.MustCompile(`^(?:\^C\n)?(exit status \d+|signal: [a-z ]+(?: \(core dumped\))?)\n$`)

// print takes printed text. Of stderr, the report of a crash is kept for the
// error.
func (x *execution) print(name, text string) {
	if name != "stderr" {
		x.out.write(name, text)
		return
	}
	if exitNote.MatchString(text) {
		x.exit += text
		return
	}
	if x.exit != "" { // then it was the program's own
		text = x.exit + text
		x.exit = ""
	}
	if x.report.Len() > 0 {
		x.keep(text)
		return
	}
	text = x.held + text
	out, report := splitReport(text)
	x.held = ""
	if report == "" {
		n := len(out) - mayBegin(out)
		out, x.held = out[:n], out[n:]
	}
	x.out.write("stderr", out)
	x.keep(report)
}

func (x *execution) keep(text string) {
	if room := maxReport - x.report.Len(); len(text) > room {
		text = text[:runeStart(text, max(0, room))]
	}
	x.report.WriteString(text)
}

// judge decides how the cell ended.
func (x *execution) judge(reply jupyter.ExecuteReply, err error) *failure {
	x.out.write("stderr", x.held)
	interrupted := errors.Is(context.Cause(x.ctx), errInterrupted)
	var dead *jupyter.DeadError
	switch {
	case errors.As(err, &dead):
		if _, err := x.s.backend(x.s.life); err != nil {
			x.s.log.Error("restart", "err", err)
		}
		if interrupted {
			return x.interrupted("; it had to be ended with GoNB itself, so all declarations are gone")
		}
		x.s.definitionsLost() // told here and now
		f := simple(kernelDied, "GoNB ended while the cell ran ("+dead.State+")")
		f.traceback = append(f.traceback, lostNotice(err))
		return &f
	case interrupted && (err != nil || reply.Status != "ok" || x.exit != ""):
		return x.interrupted("")
	case err != nil:
		f := simple(kernelDied, err.Error())
		return &f
	case reply.Status == "ok" && x.exit == "":
		x.out.write("stderr", x.report.String()) // it only looked like a crash
		return nil
	case reply.Status == "ok": // a shell command, whose failure GoNB passes over
		reply.EValue = exitNote.FindStringSubmatch(x.exit)[1]
	}
	f := explain(ended{
		value: reply.EValue, stderr: x.report.String(), test: isTestCell(x.asked.Code),
		program: x.program(), cells: x.s.history.places(),
	})
	return &f
}

func (x *execution) interrupted(more string) *failure {
	f := simple(keyboardInterrupt, "the cell was interrupted"+more)
	return &f
}

// program reads the lines of the program that GoNB made of the cell.
func (x *execution) program() []string {
	name := "main.go"
	if isTestCell(x.asked.Code) {
		name = "main_test.go"
	}
	files, err := filepath.Glob(filepath.Join(x.gonb.Load().TempDir(), "gonb_*", name))
	if err != nil || len(files) == 0 {
		return nil
	}
	text, err := os.ReadFile(files[0])
	if err != nil {
		x.s.log.Warn("read the cell's program", "err", err)
	}
	return strings.Split(string(text), "\n")
}

// interrupt ends the cell: first politely, then its processes, then GoNB.
func (x *execution) interrupt() {
	x.escalate.Do(func() {
		x.cancel(errInterrupted)
		x.watch.Go(x.insist)
	})
}

func (x *execution) insist() {
	began := time.Now()
	for pause := interruptGrace; ; pause = 50 * time.Millisecond {
		select {
		case <-x.done:
			return
		case <-time.After(pause):
		}
		gonb := x.gonb.Load()
		if gonb == nil {
			continue // it's about to start
		}
		// Again and again: a cell that compiles starts its program when the
		// compiler is dead, and a program may start others.
		if err := killBelow(x.s.spares(gonb)); err != nil {
			x.s.log.Warn("interrupt", "err", err)
		}
		if time.Since(began) > giveUpAfter {
			x.s.log.Error("GoNB doesn't end an interrupted cell: it is ended itself")
			gonb.Kill()
			return
		}
	}
}

// input asks the person at the cell's front end.
func (x *execution) input(ctx context.Context, prompt string, password bool) (string, error) {
	x.out.flush()
	select {
	case <-x.s.replies: // an answer that nobody waited for
	default:
	}
	x.s.front.ask(x.request, "input_request", map[string]any{"prompt": prompt, "password": password})
	select {
	case value := <-x.s.replies:
		return value, nil
	case <-ctx.Done():
		return "", fmt.Errorf("no answer: %w", context.Cause(ctx))
	}
}

// input takes an answer.
func (s *Supervisor) input(r request) {
	var answer struct {
		Value string `json:"value"`
	}
	x := s.running.Load()
	if r.Header.MsgType != "input_reply" || r.Decode(&answer) != nil || x == nil || x.request.client != r.client {
		s.log.Warn("dropped an answer that nobody asked for", "type", r.Header.MsgType)
		return
	}
	select {
	case s.replies <- answer.Value:
	default:
		s.log.Warn("dropped a second answer")
	}
}
