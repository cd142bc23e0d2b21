package supervisor

import (
	"context"
	"log/slog"
	"path/filepath"

	"example.com/speedup/kernel-helpers/internal/debugger"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// session is what all requests to a kernel share.
type session struct {
	log      *slog.Logger
	front    *front.Front
	gonb     *backend
	activity activity
	comms    comms
	history  history

	debug *debugger.Debugger

	home        string // the kernel's folder
	spillBudget *report.Budget
}

// output returns the output of a new cell. The name is that of the file in the
// kernel's folder that gets what isn't shown.
func (s *session) output(name string, send func(stream, text string)) *report.Output {
	return report.NewOutput(send, filepath.Join(s.home, name), s.spillBudget)
}

// toComm passes a client's comm message on to GoNB. It drops a message that GoNB
// could not read.
func (s *session) toComm(ctx context.Context, r front.Request) {
	if err := checkComm(r.Message); err != nil {
		s.log.Warn("dropped a comm message", "type", r.Header.MsgType, "err", err)
		return
	}
	s.comms.note(r.Message)
	s.activity.during(r, func() {
		gonb := s.gonb.alive()
		if gonb == nil {
			return
		}
		if err := gonb.Send(ctx, jupyter.Shell, r.Message); err != nil {
			s.log.Warn("comm", "err", err)
		}
	})
}

// fromComm publishes a message of GoNB that belongs to no cell.
func (s *session) fromComm(m jupyter.Message) {
	switch m.Header.MsgType {
	case "comm_open", "comm_msg", "comm_close", "display_data", "update_display_data":
		s.comms.note(m)
		s.front.Relay(m)
	}
}
