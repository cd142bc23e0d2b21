package supervisor

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// patience is how long tests wait for something that must happen.
const patience = fronttest.Patience

func waitFor(t testing.TB, ready func() bool) {
	t.Helper()
	fronttest.WaitFor(t, ready)
}

// Short names for what these tests compare errors with.
const (
	compileError      = report.CompileError
	panicked          = report.Panic
	deadlock          = report.Deadlock
	dataRace          = report.DataRace
	testFailure       = report.TestFailure
	exitError         = report.ExitError
	keyboardInterrupt = report.KeyboardInterrupt
	kernelDied        = report.KernelDied
)

var ansi = regexp.MustCompile(`\x1b\[[0-9;]*m`)

type received = fronttest.Received

// client is a front end that runs cells.
type client struct {
	*fronttest.Client
	t testing.TB
}

// connect connects a front end, and waits until it is subscribed to all of iopub.
func connect(t testing.TB, c jupyter.Connection) *client {
	t.Helper()
	return &client{fronttest.Connect(t, c), t}
}

// connectAs is connect for a given session.
func connectAs(t testing.TB, c jupyter.Connection, session string) *client {
	t.Helper()
	return &client{fronttest.ConnectAs(t, c, session), t}
}

// outcome is the result of a cell.
type outcome struct {
	Status, EName, EValue  string
	Count                  int `json:"execution_count"`
	Traceback              []string
	stdout, stderr         string
	errors, streams, shown int // numbers of messages
	took                   time.Duration
}

func (o outcome) text() string { return ansi.ReplaceAllString(strings.Join(o.Traceback, "\n"), "") }

func (o outcome) String() string {
	return fmt.Sprintf("%s %s %q, %d error messages\nstdout %.500q\nstderr %.500q\n%s", o.Status, o.EName, o.EValue, o.errors, o.stdout, o.stderr, o.text())
}

// start sends a cell and returns the id of the request. settings are alternating
// names and values of further fields.
func (c *client) start(code string, settings ...any) string {
	c.t.Helper()
	content := map[string]any{"code": code, "silent": false, "store_history": true, "allow_stdin": true, "stop_on_error": true, "user_expressions": struct{}{}}
	for i := 0; i < len(settings); i += 2 {
		content[settings[i].(string)] = settings[i+1]
	}
	return c.Send(jupyter.Shell, "execute_request", content)
}

// finish waits for a cell's reply and idle status.
func (c *client) finish(id string) (o outcome) {
	c.t.Helper()
	began := time.Now()
	reply := c.Reply(jupyter.Shell, id)
	c.Await(func(m received) bool { return m.IsStatus(id, "idle") })
	o.took = time.Since(began)
	if err := reply.Decode(&o); err != nil {
		c.t.Fatal(err)
	}
	for _, m := range c.About(id) {
		switch m.Header.MsgType {
		case "stream":
			var s struct{ Name, Text string }
			if err := m.Decode(&s); err != nil {
				c.t.Fatal(err)
			}
			o.streams++
			if s.Name == "stdout" {
				o.stdout += s.Text
			} else {
				o.stderr += s.Text
			}
		case "error":
			o.errors++
		case "display_data":
			o.shown++
		}
	}
	return o
}

// run runs a cell to its end.
func (c *client) run(code string, settings ...any) outcome {
	c.t.Helper()
	return c.finish(c.start(code, settings...))
}

// prints waits until a cell has printed something.
func (c *client) prints(id, text string) {
	c.t.Helper()
	var all strings.Builder
	c.Await(func(m received) bool {
		if m.Parent.MsgID == id && m.Header.MsgType == "stream" {
			all.WriteString(fronttest.Decode(c.t, m.Message)["text"].(string))
		}
		return strings.Contains(all.String(), text)
	})
}
