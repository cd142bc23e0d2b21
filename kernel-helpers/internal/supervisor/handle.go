package supervisor

import (
	"context"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// handle takes one request from a client. It never waits: what may take time
// goes into an inbox.
func (s *Supervisor) handle(r front.Request) {
	switch r.Channel {
	case jupyter.Stdin:
		s.input(r)
	case jupyter.Control:
		s.control(r)
	default:
		s.shell(r)
	}
}

func (s *Supervisor) shell(r front.Request) {
	switch r.Header.MsgType {
	case "execute_request":
		s.cells.put(r)
	case "complete_request", "inspect_request":
		s.assists.put(r)
	case "is_complete_request", "history_request", "comm_info_request":
		s.seePerson()
		s.quick(r)
	case "comm_open", "comm_msg", "comm_close":
		s.toComm(r)
	default:
		s.quick(r)
	}
}

// quick answers what needs nothing but what is at hand, also while a cell runs.
func (s *Supervisor) quick(r front.Request) {
	var content any
	reply := ""
	switch r.Header.MsgType {
	case "kernel_info_request":
		reply, content = "kernel_info_reply", s.info()
	case "is_complete_request":
		reply, content = "is_complete_reply", isComplete(r)
	case "history_request":
		reply, content = "history_reply", s.history.answer(r)
	case "comm_info_request":
		reply, content = "comm_info_reply", s.comms.info(r)
	default:
		s.log.Warn("dropped a message of an unknown type", "type", r.Header.MsgType)
		return
	}
	s.bracket(r, func() { s.front.Reply(r, reply, content) })
}

// bracket says busy before an answer and idle after it. Clients take the latest
// status for the kernel's, so a cell at work is said to be busy again.
func (s *Supervisor) bracket(r front.Request, answer func()) {
	s.front.Status(r.Message, "busy")
	answer()
	s.front.Status(r.Message, "idle")
	if x := s.running.Load(); x != nil && x.request.Header.MsgID != r.Header.MsgID {
		x.stillBusy()
	}
}

func (s *Supervisor) control(r front.Request) {
	switch r.Header.MsgType {
	case "interrupt_request":
		s.bracket(r, func() {
			s.interrupt()
			s.front.Reply(r, "interrupt_reply", ok{"ok"})
		})
	case "shutdown_request":
		s.shutdown(r)
	case "kernel_info_request":
		s.quick(r)
	case "debug_request":
		s.bracket(r, func() { s.front.Reply(r, "debug_reply", struct{}{}) }) // as a kernel without a debugger does
	default:
		s.log.Warn("dropped a message of an unknown type", "type", r.Header.MsgType)
	}
}

// ok is the content of a reply that says no more than that.
type ok struct {
	Status string `json:"status"`
}

func (s *Supervisor) shutdown(r front.Request) {
	var asked struct {
		Restart bool `json:"restart"`
	}
	if err := r.Decode(&asked); err != nil {
		s.log.Warn("shutdown", "err", err)
	}
	content := map[string]any{"status": "ok", "restart": asked.Restart}
	s.front.Status(r.Message, "busy")
	s.front.Reply(r, "shutdown_reply", content)
	s.front.Publish(r.Message, "shutdown_reply", content) // other clients hear of it too
	s.front.Status(r.Message, "idle")
	s.stop()
}

func isComplete(r front.Request) map[string]string {
	var asked struct {
		Code string `json:"code"`
	}
	if err := r.Decode(&asked); err != nil {
		return map[string]string{"status": "unknown"}
	}
	status, indent := report.Completeness(asked.Code)
	if status == "incomplete" {
		return map[string]string{"status": status, "indent": indent}
	}
	return map[string]string{"status": status}
}

// info is GoNB's account of itself, completed with what the protocol asks for.
func (s *Supervisor) info() map[string]any {
	content := map[string]any{}
	if err := s.about.Load().Raw.Decode(&content); err != nil {
		s.log.Warn("kernel_info", "err", err)
	}
	if language, ok := content["language_info"].(map[string]any); ok {
		for _, name := range []string{"pygments_lexer", "codemirror_mode"} {
			if language[name] == "" { // which stands for Python
				language[name] = "go"
			}
		}
	}
	content["status"] = "ok"
	content["protocol_version"] = jupyter.ProtocolVersion
	content["debugger"] = false
	content["supported_features"] = []string{}
	return content
}

// assistWithin is how long completion and inspection may take. A person has
// typed on by then.
const assistWithin = 3 * time.Second

// warmUp is asked of GoNB to have the language server started, which takes it a
// second or two, before a person wants to know something.
var warmUp = map[string]any{"code": "%%\nfmt.Print", "cursor_pos": 12}

// seePerson notes that somebody sits at a front end: programs that run notebooks
// ask for nothing but the kernel's info and cells. Then, and not before, the
// language server is started.
func (s *Supervisor) seePerson() {
	if s.person.CompareAndSwap(false, true) {
		s.assists.put(front.Request{})
	}
}

// assist answers a completion or an inspection by GoNB. While a cell runs, GoNB
// would answer after it; so there is no answer then but an empty one.
func (s *Supervisor) assist(r front.Request) {
	if r.Channel == "" {
		s.startLanguageServer()
		return
	}
	s.seePerson()
	s.bracket(r, func() {
		reply := replyTo(r.Header.MsgType)
		m, err := s.ask(r)
		if err != nil {
			s.log.Info("no answer", "type", r.Header.MsgType, "err", err)
			s.front.Reply(r, reply, nothing(r))
			return
		}
		s.front.Reply(r, reply, m.Content)
	})
}

func (s *Supervisor) ask(r front.Request) (jupyter.Message, error) {
	if s.running.Load() != nil {
		return jupyter.Message{}, errBusy
	}
	ctx, cancel := context.WithTimeout(s.life, assistWithin)
	defer cancel()
	gonb, err := s.backend(ctx)
	if err != nil {
		return jupyter.Message{}, err
	}
	return gonb.Request(ctx, jupyter.Shell, r.Header.MsgType, r.Content)
}

// startLanguageServer has GoNB start it, which goes on when we don't wait for it
// any more.
func (s *Supervisor) startLanguageServer() {
	ctx, cancel := context.WithTimeout(s.life, assistWithin)
	defer cancel()
	gonb, err := s.backend(ctx)
	if err == nil {
		_, err = gonb.Request(ctx, jupyter.Shell, "complete_request", warmUp)
	}
	if err != nil {
		s.log.Info("warm up completion", "err", err)
	}
}

func replyTo(request string) string {
	return request[:len(request)-len("request")] + "reply"
}

// nothing is an answer that has nothing to say, in the form of its request.
func nothing(r front.Request) any {
	var asked struct {
		CursorPos int `json:"cursor_pos"`
	}
	if err := r.Decode(&asked); err != nil || r.Header.MsgType == "inspect_request" {
		return map[string]any{"status": "ok", "found": false, "data": struct{}{}, "metadata": struct{}{}}
	}
	return map[string]any{"status": "ok", "matches": []string{}, "cursor_start": asked.CursorPos, "cursor_end": asked.CursorPos, "metadata": struct{}{}}
}
