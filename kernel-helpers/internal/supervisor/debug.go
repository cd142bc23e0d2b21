package supervisor

import (
	"context"
	"errors"
	"os/exec"
	"regexp"
	"strings"

	"example.com/speedup/kernel-helpers/internal/debugger"
	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// newDebugger returns the session's debugger, which is off.
func newDebugger(s *session) *debugger.Debugger {
	return debugger.New(debugger.Config{
		Folder: s.home,
		Delve:  findDelve,
		Cells:  func() map[int]string { return s.history.sources() },
		Emit:   func(e debugger.Event) { s.front.Publish(jupyter.Message{}, "debug_event", e) },
		Log:    s.log,
	})
}

// findDelve returns the path of Delve, which install.sh builds.
func findDelve() (string, error) {
	path, err := exec.LookPath("dlv")
	if err != nil {
		return "", errors.New("cells can't be debugged, because dlv (Delve) is not on the kernel's PATH: ./install.sh prepare builds it")
	}
	return path, nil
}

// debugging is a cell's program under the debugger, or nil.
type debugging struct {
	run  *debugger.Run
	held []jupyter.Message // what was printed before Delve had started the program
}

// beginDebugging returns the debugging of a cell that is about to run, or nil. If
// there should be one but can't, it returns what to tell the user.
func beginDebugging(ctx context.Context, d *debugger.Debugger) (g *debugging, notice string) {
	run, err := d.Begin(ctx)
	if err != nil {
		notice = "debugger: " + err.Error() + "\n"
	}
	if run != nil {
		g = &debugging{run: run}
	}
	return g, notice
}

// hold keeps back what Delve prints if it can't start the program.
func (g *debugging) hold(m jupyter.Message) bool {
	if g == nil || g.run.Attached() {
		return false
	}
	g.held = append(g.held, m)
	return true
}

// release returns what was kept back.
func (g *debugging) release() []jupyter.Message {
	if g == nil {
		return nil
	}
	held := g.held
	g.held = nil
	return held
}

// end ends the debugging of a cell, after GoNB's reply. It completes the reply, as
// GoNB only sees how Delve ended, and returns what to tell the user. The cell must
// run again without the debugger if Delve could not start its program.
func (g *debugging) end(d *debugger.Debugger, reply *jupyter.ExecuteReply, killed bool) (again bool, notice string) {
	attached := g.run.Attached()
	how := g.run.End()
	switch failed := reply.Status == "error"; {
	case killed:
	case !attached && failed && reply.EName == report.ExitError:
		d.GiveUp()
		return true, "debugger: Delve can't start programs here (" + reason(g.release()) + "): cells run without the debugger\n"
	case how != "":
		reply.Status, reply.EName, reply.EValue = "error", report.ExitError, how
	case attached && failed:
		return false, "debugger: Delve ended before the program, which was ended, too\n"
	}
	return false, ""
}

// clean returns what the program printed without what Delve prints between when the
// program was killed behind its back.
func (g *debugging) clean(text string) string {
	if g == nil || !strings.Contains(text, "could not detach process ") {
		return text
	}
	return detaching.ReplaceAllString(text, "")
}

var detaching = regexp.MustCompile(`could not detach process \d+: [^\n]*\n`)

// reason returns the first line of what Delve printed.
func reason(held []jupyter.Message) string {
	for _, m := range held {
		if _, text, err := report.ReadStream(m); err == nil && strings.TrimSpace(text) != "" {
			return report.FirstLine(strings.TrimSpace(text))
		}
	}
	return "it says nothing"
}
