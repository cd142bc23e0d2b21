package supervisor

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"html"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/cell"
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
func beginDebugging(ctx context.Context, d *debugger.Debugger, watch *debugger.Watch) (g *debugging, notice string) {
	run, err := d.Begin(ctx, watch)
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

// debugCommand returns the code of a cell without its command %debug, of which only
// an empty line stays, and the limit of time that it sets. It reports whether there
// is one. A fault is described with its place, as GoNB does.
func debugCommand(code string, number int) (without string, limit time.Duration, found bool, fault string) {
	c, err := cell.Split(code)
	if err != nil {
		return code, 0, false, "" // GoNB says what is wrong
	}
	i := slices.IndexFunc(c.Commands, func(c cell.Command) bool { return !c.Shell && c.Name == "debug" })
	if i < 0 {
		return code, 0, false, ""
	}
	command := c.Commands[i]
	arguments, _ := command.Arguments() // Split has seen that they can be split
	if len(arguments) > 0 {
		limit, err = time.ParseDuration(arguments[0])
	}
	if err != nil || len(arguments) > 1 || limit < 0 {
		return code, 0, true, fmt.Sprintf("%s:%s: %%debug takes at most a limit of time, such as %%debug 5s", cell.FileName(number), command.Pos)
	}
	lines := strings.Split(c.Text, "\n")
	lines[command.Pos.Line-1] = ""
	return strings.Join(lines, "\n"), limit, true, ""
}

// reason returns the first line of what Delve printed.
func reason(held []jupyter.Message) string {
	for _, m := range held {
		if _, text, err := report.ReadStream(m); err == nil && strings.TrimSpace(text) != "" {
			return report.FirstLine(strings.TrimSpace(text))
		}
	}
	return "it says nothing"
}

// reportContent returns the content of the message that shows a report: a picture,
// and the same as text.
func reportContent(r debugger.Report) map[string]any {
	picture := `<img alt="` + html.EscapeString(r.Text) + `" src="data:image/svg+xml;base64,` + base64.StdEncoding.EncodeToString([]byte(r.SVG)) + `">`
	return map[string]any{
		"data":     map[string]string{"text/plain": r.Text, "text/html": picture},
		"metadata": struct{}{}, "transient": struct{}{},
	}
}
