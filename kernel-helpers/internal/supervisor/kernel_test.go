package supervisor

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front/fronttest"
)

// started starts a kernel with a fake GoNB, and connects a client to it.
func started(t *testing.T, env ...string) (*testKernel, *client) {
	t.Helper()
	k := startKernel(t, kernelOptions{env: env})
	return k, connect(t, k.conn)
}

func types(messages []received) (types []string) {
	for _, m := range messages {
		name := m.Header.MsgType
		if name == "status" {
			var s struct {
				State string `json:"execution_state"`
			}
			json.Unmarshal(m.Content, &s)
			name = s.State
		}
		if m.Channel == jupyter.IOPub {
			types = append(types, name)
		}
	}
	return types
}

func TestACellIsBusyShowsItsInputPrintsAndIsIdle(t *testing.T) {
	_, c := started(t)
	id := c.start("print hello")
	o := c.finish(id)
	if o.Status != "ok" || o.Count != 1 || o.stdout != "hello" {
		t.Errorf(`got %v, want status "ok", count 1, stdout "hello"`, o)
	}
	if got, want := types(c.About(id)), []string{"busy", "execute_input", "stream", "idle"}; !slices.Equal(got, want) {
		t.Errorf("got %v on iopub, want %v", got, want)
	}
	if o := c.run("print again", "store_history", false); o.Count != 1 {
		t.Errorf("got count %d for a cell that isn't stored, want 1", o.Count)
	}
	if o := c.run("print again"); o.Count != 2 {
		t.Errorf("got count %d for the second stored cell, want 2", o.Count)
	}
}

func TestASilentCellPublishesOnlyItsStatus(t *testing.T) {
	_, c := started(t)
	for _, code := range []string{"print hello", "display hello", "fail ExitError exit status 1", "err hello"} {
		id := c.start(code, "silent", true)
		c.finish(id)
		if got, want := types(c.About(id)), []string{"busy", "idle"}; !slices.Equal(got, want) {
			t.Errorf("%s: got %v on iopub, want %v", code, got, want)
		}
	}
	if h := c.Ask(jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 10}); len(h["history"].([]any)) != 0 {
		t.Errorf("got the history %v, want no silent cells in it", h)
	}
}

func TestOtherRequestsAreAnsweredWhileACellRuns(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "go on")
	cell := c.start("wait " + file)
	c.Await(func(m received) bool { return m.IsStatus(cell, "busy") })
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		if r := c.Ask(ch, "kernel_info_request", struct{}{}); r["status"] != "ok" || r["protocol_version"] != "5.4" || r["implementation"] != "fake" {
			t.Errorf("%s: got kernel_info %v, want GoNB's own with protocol 5.4", ch, r)
		}
	}
	language := c.Ask(jupyter.Shell, "kernel_info_request", struct{}{})["language_info"].(map[string]any)
	if language["name"] != "go" || language["pygments_lexer"] != "go" {
		t.Errorf("got the language %v, want go with the lexer go", language)
	}
	if r := c.Ask(jupyter.Shell, "is_complete_request", map[string]string{"code": "func f() {"}); r["status"] != "incomplete" {
		t.Errorf("is_complete: got %v, want incomplete", r)
	}
	if r := c.Ask(jupyter.Shell, "comm_info_request", struct{}{}); r["status"] != "ok" {
		t.Errorf("comm_info: got %v, want ok", r)
	}
	if r := c.Ask(jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 10}); r["status"] != "ok" {
		t.Errorf("history: got %v, want ok", r)
	}
	if r := c.Ask(jupyter.Shell, "complete_request", map[string]any{"code": "f", "cursor_pos": 1}); r["status"] != "ok" || len(r["matches"].([]any)) != 1 {
		t.Errorf("complete: got %v, want the one match of GoNB", r)
	}
	// This GoNB doesn't answer inspections.
	inspection := c.Send(jupyter.Shell, "inspect_request", map[string]any{"code": "f", "cursor_pos": 1})
	if r := fronttest.Decode(t, c.Reply(jupyter.Shell, inspection)); r["status"] != "ok" || r["found"] != false {
		t.Errorf("inspect: got %v, want nothing found", r)
	}
	// The latest status says that the kernel is busy.
	idle := false
	c.Await(func(m received) bool {
		idle = idle || m.IsStatus(inspection, "idle")
		return idle && m.IsStatus(cell, "busy")
	})
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := c.finish(cell); o.Status != "ok" {
		t.Errorf(`got %v, want status "ok"`, o)
	}
	if r := c.Ask(jupyter.Shell, "complete_request", map[string]any{"code": "f", "cursor_pos": 1}); len(r["matches"].([]any)) != 1 {
		t.Errorf("got %v, want the one match of GoNB", r)
	}
}

func TestAMessageOfAnUnknownTypeIsDropped(t *testing.T) {
	k, c := started(t)
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
		c.Send(ch, "make_coffee_request", struct{}{})
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
	waitFor(t, func() bool { return strings.Count(k.log.String(), "make_coffee") == 3 })
}

func TestAnUnreadableExecuteRequestIsRefused(t *testing.T) {
	_, c := started(t)
	if r := c.Ask(jupyter.Shell, "execute_request", map[string]any{"code": 42}); r["status"] != "error" || r["evalue"] == "" {
		t.Errorf("got %v, want an error", r)
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
}

func TestAFailureAbortsTheCellsBehindIt(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "go on")
	queue := func(settings ...any) (second, third outcome) {
		os.Remove(file)
		first := c.start("wait " + file)
		failing, behind := c.start("fail ExitError exit status 3", settings...), c.start("print no")
		c.Ask(jupyter.Shell, "comm_info_request", struct{}{}) // after this all of them have arrived
		os.WriteFile(file, nil, 0o600)
		c.finish(first)
		return c.finish(failing), c.finish(behind)
	}
	if failing, behind := queue(); failing.EName != exitError || behind.Status != "aborted" || behind.stdout != "" || behind.Count != 0 {
		t.Errorf("got %v\nand behind it %v, want %s and aborted", failing, behind, exitError)
	}
	if _, behind := queue("stop_on_error", false); behind.Status != "ok" {
		t.Errorf("with stop_on_error false: got %v, want it to run", behind)
	}
	if _, behind := queue("silent", true); behind.Status != "ok" {
		t.Errorf("behind a silent cell: got %v, want it to run", behind)
	}
}

func TestAnInterruptEndsTheCellAndAbortsTheQueue(t *testing.T) {
	k, c := started(t)
	interrupts := map[string]func(){
		"by message": func() {
			if r := c.Ask(jupyter.Control, "interrupt_request", struct{}{}); r["status"] != "ok" {
				t.Errorf("got the reply %v, want ok", r)
			}
		},
		"by message on shell": func() { // as VS Code does
			if r := c.Ask(jupyter.Shell, "interrupt_request", struct{}{}); r["status"] != "ok" {
				t.Errorf("got the reply %v, want ok", r)
			}
		},
		"by signal": func() { k.cmd.Process.Signal(os.Interrupt) },
	}
	for name, interrupt := range interrupts {
		t.Run(name, func(t *testing.T) {
			running, waiting := c.start("hang"), c.start("print no")
			c.prints(running, "hanging")
			c.Ask(jupyter.Shell, "comm_info_request", struct{}{}) // after this both have arrived
			interrupt()
			o := c.finish(running)
			if o.EName != keyboardInterrupt || o.errors != 1 || o.stderr != "" {
				t.Errorf(`got %v, want ename %s, 1 error message, stderr ""`, o, keyboardInterrupt)
			}
			if o := c.finish(waiting); o.Status != "aborted" {
				t.Errorf("the cell behind it: got %v, want aborted", o)
			}
			if o := c.run("print here"); o.stdout != "here" {
				t.Errorf(`got %v, want stdout "here"`, o)
			}
		})
	}
	t.Run("while nothing runs", func(t *testing.T) {
		interrupts["by message"]()
		if o := c.run("print here"); o.stdout != "here" {
			t.Errorf(`got %v, want stdout "here"`, o)
		}
	})
}

// The specification says that control is identical to shell.
func TestRequestsAreAnsweredOnShellAndOnControl(t *testing.T) {
	_, c := started(t)
	for request, content := range map[string]map[string]any{
		"kernel_info_request": {},
		"is_complete_request": {"code": "x := 1"},
		"history_request":     {"hist_access_type": "tail", "n": 1},
		"comm_info_request":   {},
		"complete_request":    {"code": "fmt.", "cursor_pos": 4},
		"execute_request":     {"code": "print here"},
		"interrupt_request":   {},
		"shutdown_request":    nil, // in a kernel of its own
	} {
		for _, channel := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
			asked := c
			if content == nil {
				_, asked = started(t)
				content = map[string]any{"restart": false}
			}
			if r := asked.Ask(channel, request, content); r["status"] != "ok" && r["status"] != "complete" {
				t.Errorf("%s on %s: got the reply %v, want the status ok or complete", request, channel, r)
			}
			if request == "shutdown_request" {
				content = nil
			}
		}
	}
}

func TestAGoNBThatIgnoresInterruptsIsReplaced(t *testing.T) {
	_, c := started(t, "FAKE_DEAF=1")
	id := c.start("stuck")
	c.prints(id, "stuck")
	c.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt || !strings.Contains(o.EValue, "has been restored") {
		t.Errorf(`got %v, want ename %s, "has been restored" in evalue`, o, keyboardInterrupt)
	}
	if o := c.run("print here"); o.stdout != "here" || o.stderr != "" {
		t.Errorf("the next cell: got %v, want it to run without another notice", o)
	}
}

// Execute returns by itself if a question gets no answer. GoNB may not have been
// given up by then, and is still stuck.
func TestAGoNBIsReplacedWhenExecuteGivesUp(t *testing.T) {
	k, c := started(t, "FAKE_DEAF=1", giveUpEnv+"=1h")
	gonb := k.gonbPID()
	id := c.start("ask ever? ")
	c.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Parent.MsgID == id })
	c.Send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt || !strings.Contains(o.EValue, "has been restored") {
		t.Errorf(`got %v, want ename %s, "has been restored" in evalue`, o, keyboardInterrupt)
	}
	if o := c.run("print here"); o.stdout != "here" || o.stderr != "" {
		t.Errorf("the next cell: got %v, want it to run without another notice", o)
	}
	if k.gonbPID() == gonb {
		t.Error("got the same GoNB, want another")
	}
}

func TestADeathInACellIsItsErrorAndGoNBIsRestarted(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "go on")
	first, dying, behind := c.start("wait "+file), c.start("die"), c.start("print no")
	c.Ask(jupyter.Shell, "comm_info_request", struct{}{}) // after this all of them have arrived
	os.WriteFile(file, nil, 0o600)
	c.finish(first)
	o := c.finish(dying)
	if o.EName != kernelDied || !strings.Contains(o.text(), "signal: killed") || !strings.Contains(o.text(), "has been restored") || o.errors != 1 || o.stdout != "last words\n" {
		t.Errorf(`got %v, want ename %s, "signal: killed" in the traceback, "has been restored" in the traceback, 1 error message, stdout "last words\n"`, o, kernelDied)
	}
	if o := c.finish(behind); o.Status != "aborted" {
		t.Errorf("the cell behind it: got %v, want aborted", o)
	}
	if o := c.run("print here"); o.stdout != "here" || o.stderr != "" {
		t.Errorf("the next cell: got %v, want it to run without another notice", o)
	}
}

func TestReplayRunsTheCellsThatDeclare(t *testing.T) {
	_, c := started(t)
	c.run("print one")
	c.run("%%\nprint body")
	c.run("fail CompileError bad")
	c.run("print two")
	c.run("die")
	if o := c.run("%replay"); o.Status != "ok" || !strings.HasPrefix(o.stdout, "onetwo") || !strings.Contains(o.stdout, "2 cells") {
		t.Errorf(`got %v, want status "ok", stdout to start with "onetwo", "2 cells" in stdout`, o)
	}
}

func TestReplayEndsAtTheFirstFailure(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "there")
	os.WriteFile(file, nil, 0o600)
	c.run("err line\npanic: not really") // what only looks like a crash is output of its cell
	c.run("shell test -e " + file)
	c.run("print two")
	os.Remove(file)
	o := c.run("%replay")
	if o.EName != exitError || o.stdout != "" || !strings.Contains(o.text(), "while cell 2 was run again") || o.stderr != "line\npanic: not really" {
		t.Errorf(`got %v, want ename %s, stdout "", "while cell 2 was run again" in the traceback, stderr "line\npanic: not really"`, o, exitError)
	}
}

func TestAFailedStartFailsTheCellAndIsRetried(t *testing.T) {
	file := filepath.Join(t.TempDir(), "broken")
	_, c := started(t, "FAKE_NO_START="+file)
	os.WriteFile(file, nil, 0o600)
	c.run("die")
	if o := c.run("print here"); o.EName != kernelDied || !strings.Contains(o.text(), "doesn't start") {
		t.Errorf(`got %v, want ename %s, "doesn't start" in the traceback`, o, kernelDied)
	}
	if r := c.Ask(jupyter.Shell, "kernel_info_request", struct{}{}); r["implementation"] != "fake" {
		t.Errorf("got kernel_info %v without a GoNB, want that of the last one", r)
	}
	os.Remove(file)
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
}

// While GoNB is slow to start, interrupts, other requests and shutdown work.
func TestRequestsAreObeyedWhileGoNBStarts(t *testing.T) {
	slow := filepath.Join(t.TempDir(), "slow")
	k, c := started(t, "FAKE_SLOW_START="+slow)
	os.WriteFile(slow, nil, 0o600)
	c.run("die")
	for range 2 {
		id := c.start("print here")
		c.Await(func(m received) bool { return m.IsStatus(id, "busy") })
		c.Ask(jupyter.Shell, "kernel_info_request", struct{}{})
		c.Ask(jupyter.Control, "interrupt_request", struct{}{})
		if o := c.finish(id); o.EName != keyboardInterrupt {
			t.Errorf("got %v, want ename %s", o, keyboardInterrupt)
		}
	}
	os.Remove(slow)
	if o := c.run("print here"); o.stdout != "here" {
		t.Errorf(`got %v, want stdout "here"`, o)
	}
	os.WriteFile(slow, nil, 0o600)
	c.run("die")
	first, second := c.start("print here"), c.start("print here")
	c.Await(func(m received) bool { return m.IsStatus(first, "busy") })
	c.Ask(jupyter.Control, "shutdown_request", struct{}{})
	if o := c.finish(first); o.EName != kernelDied {
		t.Errorf("got %v, want ename %s", o, kernelDied)
	}
	if o := c.finish(second); o.Status != "aborted" {
		t.Errorf(`got %v, want status "aborted"`, o)
	}
	if err := k.leavesNothing(); err != nil {
		t.Error(err)
	}
}

func TestAProgramAsksTheUserOfItsOwnFrontEnd(t *testing.T) {
	k, c := started(t)
	other := connect(t, k.conn)
	id := c.start("ask name? ")
	question := c.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Header.MsgType == "input_request" })
	if question.Parent.MsgID != id || fronttest.Decode(t, question.Message)["prompt"] != "name? " {
		t.Errorf("got the question %s about %+v, want name? about the cell", question.Content, question.Parent)
	}
	other.Send(jupyter.Stdin, "input_reply", map[string]string{"value": "somebody else"})
	other.Ask(jupyter.Shell, "comm_info_request", struct{}{})
	c.Send(jupyter.Stdin, "input_reply", map[string]string{"value": "Ann"})
	if o := c.finish(id); o.stdout != "you said Ann" {
		t.Errorf(`got %v, want stdout "you said Ann"`, o)
	}
	t.Run("an answer without a question does not answer the next one", func(t *testing.T) {
		running := c.start("hang")
		c.prints(running, "hanging")
		c.Send(jupyter.Stdin, "input_reply", map[string]string{"value": "too early"})
		c.Send(jupyter.Stdin, "make_coffee_request", struct{}{})
		waitFor(t, func() bool { return strings.Contains(k.log.String(), "make_coffee") }) // after this the one before has been read
		c.Ask(jupyter.Control, "interrupt_request", struct{}{})
		c.finish(running)
		id := c.start("ask again? ")
		c.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Parent.MsgID == id })
		c.Send(jupyter.Stdin, "input_reply", map[string]string{"value": "Bob"})
		if o := c.finish(id); o.stdout != "you said Bob" {
			t.Errorf(`got %v, want stdout "you said Bob"`, o)
		}
	})
	t.Run("an interrupt ends the question", func(t *testing.T) {
		id := c.start("ask ever? ")
		c.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Parent.MsgID == id })
		c.Send(jupyter.Control, "interrupt_request", struct{}{})
		if o := c.finish(id); o.EName != keyboardInterrupt {
			t.Errorf("got %v, want ename %s", o, keyboardInterrupt)
		}
	})
	t.Run("allow_stdin is passed on to GoNB", func(t *testing.T) {
		if o := c.run("stdin?", "allow_stdin", false); o.stdout != "false" {
			t.Errorf(`got %v, want stdout "false"`, o)
		}
		if o := c.run("stdin?"); o.stdout != "true" {
			t.Errorf(`got %v, want stdout "true"`, o)
		}
	})
}

func TestTwoFrontEndsSeeTheSameAndEachGetsItsOwnReplies(t *testing.T) {
	k, a := started(t)
	b := connect(t, k.conn)
	id := a.start("print hello")
	a.finish(id)
	b.Await(func(m received) bool { return m.IsStatus(id, "idle") })
	if got, want := types(b.About(id)), []string{"busy", "execute_input", "stream", "idle"}; !slices.Equal(got, want) {
		t.Errorf("the other client: got %v, want %v", got, want)
	}
	for _, m := range b.About(id) {
		if m.Channel != jupyter.IOPub {
			t.Errorf("the other client: got %s, want only iopub", m.Header.MsgType)
		}
	}
	if o := b.run("print b"); o.stdout != "b" || o.Count != 2 {
		t.Errorf(`got %v, want stdout "b", count 2`, o)
	}
	t.Run("a client that reconnects gets replies again", func(t *testing.T) {
		again := connectAs(t, k.conn, a.Session)
		if o := again.run("print back"); o.stdout != "back" {
			t.Errorf(`got %v, want stdout "back"`, o)
		}
		if o := b.run("print b"); o.stdout != "b" {
			t.Errorf(`got %v, want stdout "b"`, o)
		}
	})
	t.Run("a reply reaches a client that has reconnected", func(t *testing.T) {
		first := connect(t, k.conn)
		id := first.start("ask who? ")
		first.Await(func(m received) bool { return m.Channel == jupyter.Stdin && m.Parent.MsgID == id })
		first.Close()
		again := connectAs(t, k.conn, first.Session)
		again.Ask(jupyter.Shell, "comm_info_request", struct{}{}) // after this it is known on that channel, too
		again.Send(jupyter.Stdin, "input_reply", map[string]string{"value": "me"})
		if o := again.finish(id); o.Status != "ok" {
			t.Errorf(`got %v, want status "ok"`, o)
		}
	})
}

func TestPrintsAndPicturesKeepTheirOrder(t *testing.T) {
	_, c := started(t)
	id := c.start("mixed")
	c.finish(id)
	if got, want := types(c.About(id)), []string{"busy", "execute_input", "stream", "display_data", "stream", "display_data", "idle"}; !slices.Equal(got, want) {
		t.Errorf("got %v on iopub, want %v", got, want)
	}
}

func TestCommsPassBothWays(t *testing.T) {
	_, c := started(t)
	c.Send(jupyter.Shell, "comm_open", map[string]any{"comm_id": "c1", "target_name": "t", "data": struct{}{}})
	c.Send(jupyter.Shell, "comm_open", map[string]any{"comm_id": "c2", "target_name": "other", "data": struct{}{}})
	m, err := jupyter.NewMessage(c.Session, "comm_msg", map[string]any{"comm_id": "c1", "data": map[string]int{"n": 7}})
	if err != nil {
		t.Fatal(err)
	}
	m.Buffers = [][]byte{{1, 2, 3}}
	c.Post(jupyter.Shell, m)
	echo := c.Await(func(r received) bool { return r.Header.MsgType == "comm_msg" && r.Parent.MsgID == m.Header.MsgID })
	if string(echo.Content) != string(m.Content) || len(echo.Buffers) != 1 || string(echo.Buffers[0]) != "\x01\x02\x03" {
		t.Errorf("got %s with %d buffers, want %s with one", echo.Content, len(echo.Buffers), m.Content)
	}
	info := c.Ask(jupyter.Shell, "comm_info_request", map[string]string{"target_name": "t"})
	if comms := info["comms"].(map[string]any); len(comms) != 1 || comms["c1"] == nil {
		t.Errorf("got the open comms %v, want c1 alone", comms)
	}
	c.Send(jupyter.Shell, "comm_close", map[string]any{"comm_id": "c1"})
	info = c.Ask(jupyter.Shell, "comm_info_request", struct{}{})
	if comms := info["comms"].(map[string]any); len(comms) != 1 || comms["c2"] == nil {
		t.Errorf("got the open comms %v after one was closed, want c2 alone", comms)
	}
}

func TestACommMessageThatGoNBCouldNotReadIsDropped(t *testing.T) {
	k, c := started(t)
	for _, m := range badComms(t, k.conn.Key) {
		if err := c.Sockets[jupyter.Shell].Send(t.Context(), m...); err != nil {
			t.Fatal(err)
		}
	}
	c.Send(jupyter.Shell, "comm_msg", map[string]any{"comm_id": "good", "data": struct{}{}})
	first := c.Await(func(r received) bool { return r.Header.MsgType == "comm_msg" })
	if !strings.Contains(string(first.Content), "good") {
		t.Errorf("got %s at the fake GoNB, want the good message alone", first.Content)
	}
	if comms := c.Ask(jupyter.Shell, "comm_info_request", struct{}{})["comms"].(map[string]any); len(comms) != 0 {
		t.Errorf("got the open comms %v, want none", comms)
	}
}

// badComms returns signed comm messages whose content or metadata starts and ends
// with a brace but isn't JSON.
func badComms(t testing.TB, key string) (messages [][][]byte) {
	t.Helper()
	for _, msgType := range []string{"comm_open", "comm_msg", "comm_close"} {
		for _, bad := range []struct{ metadata, content string }{
			{"{}", `{"comm_id":}`}, {"{}", `{"comm_id":"c" "data":{}}`}, {"{}", "{}}"}, {"{x}", `{"comm_id":"c","data":{}}`},
		} {
			m, err := jupyter.NewMessage("attacker", msgType, struct{}{})
			if err != nil {
				t.Fatal(err)
			}
			m.Metadata, m.Content = []byte(bad.metadata), []byte(bad.content)
			f, err := jupyter.Key(key).Encode(m)
			if err != nil {
				t.Fatal(err)
			}
			messages = append(messages, f)
		}
	}
	return messages
}

func TestLogLinesOfGoNBAreNotOutputOfCells(t *testing.T) {
	_, c := started(t)
	if o := c.run("print x"); o.stdout != "x" || o.stderr != "" {
		t.Errorf(`got %v, want stdout "x", stderr ""`, o)
	}
}

func TestAShutdownIsAnsweredAndLeavesNothing(t *testing.T) {
	for _, restart := range []bool{false, true} {
		k, c := started(t)
		running := c.start("hang")
		c.prints(running, "hanging")
		id := c.Send(jupyter.Control, "shutdown_request", map[string]bool{"restart": restart})
		if r := fronttest.Decode(t, c.Reply(jupyter.Control, id)); r["status"] != "ok" || r["restart"] != restart {
			t.Errorf("got the reply %v, want ok", r)
		}
		// The other clients are told, and the running cell is answered.
		c.Await(func(m received) bool { return m.Channel == jupyter.IOPub && m.Header.MsgType == "shutdown_reply" })
		if o := c.finish(running); o.EName != kernelDied || !strings.Contains(o.EValue, "shut down") {
			t.Errorf(`got %v, want ename %s, "shut down" in evalue`, o, kernelDied)
		}
		if err := k.leavesNothing(); err != nil {
			t.Error(err)
		}
		if <-k.ended; k.status != 0 {
			t.Errorf("got exit status %d, want 0", k.status)
		}
		if _, err := os.Stat(k.file); err != nil {
			t.Errorf("got %v, want the connection file left to Jupyter", err)
		}
	}
}
