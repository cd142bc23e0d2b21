// Package supervisor stands between Jupyter's clients and a GoNB kernel. With it
// the kernel never hangs, loses nothing, and leaves neither processes nor files.
//
// Clients connect to the supervisor's five sockets, which the connection file
// names (package front). GoNB listens in a private folder that only the supervisor
// knows. The supervisor itself decides on the order of cells, what happens to them
// when one fails or is interrupted, the text of errors and the batching of output
// (package report); it answers what needs no GoNB (is_complete, history,
// comm_info, control), and it ends every process that GoNB and its cells start.
// It passes all other messages on with the same content, byte for byte.
//
// The supervisor adds less than a millisecond to a message (BenchmarkCell) and some
// ten milliseconds to a start (BenchmarkStart).
package supervisor

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/processes"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// supervisor is one kernel as its clients see it. It routes their requests.
type supervisor struct {
	session
	cells  executor
	assist assistant
	desk   debugDesk

	began time.Time

	life context.Context // ends with the kernel
	stop context.CancelFunc
}

// newSupervisor returns a supervisor that ends with ctx.
func newSupervisor(ctx context.Context, c config, f *front.Front) *supervisor {
	s := &supervisor{began: c.began}
	s.life, s.stop = context.WithCancel(ctx)
	s.log, s.home, s.front = c.Log, c.home, f
	s.activity.front = f
	s.spillBudget = report.NewBudget()
	s.cells = executor{session: &s.session, giveUpAfter: c.giveUpAfter, queue: newInbox()}
	s.assist = assistant{session: &s.session, queue: newInbox()}
	s.debug = newDebugger(&s.session)
	s.desk = debugDesk{session: &s.session, queue: newInbox()}
	s.gonb = newBackend(s.life, c.Command, filepath.Join(c.home, "declarations.json"), c.Log)
	s.gonb.other, s.gonb.started = s.fromComm, s.assist.restarted
	if s.assist.server = c.gopls; c.gopls != nil {
		s.gonb.spec.Env[goplsEnv] = c.gopls.Socket()
	}
	return s
}

// drainWithin is how long clients may take to read the last messages.
const drainWithin = 500 * time.Millisecond

// run supervises one kernel until a client shuts it down or ctx ends. SIGINT
// interrupts the running cell. When run returns, GoNB, everything that it started,
// and all its files are gone.
func run(ctx context.Context, c config) error {
	if err := processes.Adopt(); err != nil {
		c.Log.Warn("orphans of cells can get out of reach", "err", err)
	}
	connection, err := jupyter.ReadConnection(c.ConnectionFile)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(c.kept, cancel)()
	f, err := front.Open(ctx, connection, c.Log)
	if err != nil {
		return err
	}
	defer f.Close()
	s := newSupervisor(ctx, c, f)
	defer s.stop()
	if _, err := s.gonb.get(s.life); err != nil {
		return err
	}
	f.Orphaned = c.orphaned
	f.Serve(s.handle)
	// For Jupyter the kernel has ended when the keeper has. It may start the next one
	// at once, so clients must no longer reach this one.
	defer context.AfterFunc(c.kept, f.Close)()
	var work sync.WaitGroup
	work.Go(func() { s.cells.run(s.life) })
	work.Go(func() { s.assist.run(s.life) })
	work.Go(func() { s.desk.run(s.life) })
	work.Go(s.obeySignals)
	<-s.life.Done()
	err = s.gonb.stop()
	work.Wait()
	s.cells.abortAll("the kernel was shut down")
	drain, drained := context.WithTimeout(context.Background(), drainWithin)
	defer drained()
	f.Drain(drain)
	return err
}

// obeySignals interrupts the running cell at Ctrl-C in a terminal, and when a
// client interrupts by signal.
func (s *supervisor) obeySignals() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt)
	defer signal.Stop(signals)
	for {
		select {
		case <-s.life.Done():
			return
		case <-signals:
			s.cells.interrupt()
		}
	}
}

// handle handles one request from a client. It never waits: what may take time
// goes into an inbox.
//
// Every request is answered on the channel that it came on, shell or control. The
// specification says that control is identical to shell, and clients differ: VS Code
// sends interrupt_request and shutdown_request on shell.
func (s *supervisor) handle(r front.Request) {
	if r.Channel == jupyter.Stdin {
		s.cells.input(r)
		return
	}
	switch r.Header.MsgType {
	case "execute_request":
		s.cells.queue.put(r)
	case "complete_request", "inspect_request":
		s.assist.queue.put(r)
	case "is_complete_request", "history_request", "comm_info_request":
		s.assist.noticeUser()
		s.quick(r)
	case "kernel_info_request":
		s.quick(r)
	case "comm_open", "comm_msg", "comm_close":
		s.toComm(s.life, r)
	case "interrupt_request":
		s.activity.during(r, func() {
			s.cells.interrupt()
			s.front.Reply(r, "interrupt_reply", statusContent{"ok"})
		})
	case "shutdown_request":
		s.shutdown(r)
	case "debug_request":
		s.desk.queue.put(r)
	default:
		s.drop(r)
	}
}

func (s *supervisor) drop(r front.Request) {
	s.log.Warn("dropped a message of an unknown type", "type", r.Header.MsgType)
}

// quick answers a request without GoNB, also while a cell runs.
func (s *supervisor) quick(r front.Request) {
	var content any
	switch r.Header.MsgType {
	case "kernel_info_request":
		info, err := kernelInfoReply(s.gonb.info())
		if err != nil {
			s.log.Warn("kernel_info", "err", err)
		}
		content = info
	case "is_complete_request":
		content = isCompleteReply(r)
	case "history_request":
		content = s.history.answer(r)
	case "comm_info_request":
		content = s.comms.info(r)
	default:
		s.drop(r)
		return
	}
	s.activity.during(r, func() { s.front.Reply(r, replyTo(r.Header.MsgType), content) })
}

// shutdown ends the kernel.
//
// A request to shut down for a restart that was made before the kernel began is
// for the one before it: jupyter_client's manager asks a kernel that was killed, too,
// and its socket keeps the message until the next kernel listens.
func (s *supervisor) shutdown(r front.Request) {
	var request struct {
		Restart bool `json:"restart"`
	}
	if err := r.Decode(&request); err != nil {
		s.log.Warn("shutdown", "err", err)
	}
	if sent, err := time.Parse(time.RFC3339Nano, r.Header.Date); err == nil && request.Restart && sent.Before(s.began) {
		s.log.Warn("dropped a request to the kernel before this one", "type", r.Header.MsgType, "sent", sent)
		return
	}
	content := map[string]any{"status": "ok", "restart": request.Restart}
	s.front.Status(r.Message, "busy")
	s.front.Reply(r, "shutdown_reply", content)
	s.front.Publish(r.Message, "shutdown_reply", content) // for the other clients
	s.front.Status(r.Message, "idle")
	s.stop()
}
