package supervisor

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/jupyter"
)

// started is a kernel with a fake GoNB, and a client of it.
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
		if m.channel == jupyter.IOPub {
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
		t.Errorf("%+v", o)
	}
	if got, want := types(c.about(id)), []string{"busy", "execute_input", "stream", "idle"}; !slices.Equal(got, want) {
		t.Errorf("iopub says %v, want %v", got, want)
	}
	if o := c.run("print again", "store_history", false); o.Count != 1 {
		t.Errorf("a cell that isn't stored counts: %d", o.Count)
	}
	if o := c.run("print again"); o.Count != 2 {
		t.Errorf("the second stored cell has count %d", o.Count)
	}
}

func TestASilentCellSaysNothingButItsReply(t *testing.T) {
	_, c := started(t)
	for _, code := range []string{"print hello", "display hello", "fail ExitError exit status 1", "err hello"} {
		id := c.start(code, "silent", true)
		c.finish(id)
		if got, want := types(c.about(id)), []string{"busy", "idle"}; !slices.Equal(got, want) {
			t.Errorf("%s: iopub says %v", code, got)
		}
	}
	if h := c.ask(jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 10}); len(h["history"].([]any)) != 0 {
		t.Errorf("silent cells are in the history: %v", h)
	}
}

func TestRequestsThatNeedNoCellAreAnsweredWhileOneRuns(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "go on")
	cell := c.start("wait " + file)
	c.await(func(m received) bool { return isStatus(m, cell, "busy") })
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control} {
		if r := c.ask(ch, "kernel_info_request", struct{}{}); r["status"] != "ok" || r["protocol_version"] != "5.4" || r["implementation"] != "fake" {
			t.Errorf("kernel_info on %s: %v", ch, r)
		}
	}
	if r := c.ask(jupyter.Shell, "is_complete_request", map[string]string{"code": "func f() {"}); r["status"] != "incomplete" {
		t.Errorf("is_complete: %v", r)
	}
	if r := c.ask(jupyter.Shell, "comm_info_request", struct{}{}); r["status"] != "ok" {
		t.Errorf("comm_info: %v", r)
	}
	if r := c.ask(jupyter.Shell, "history_request", map[string]any{"hist_access_type": "tail", "n": 10}); r["status"] != "ok" {
		t.Errorf("history: %v", r)
	}
	// GoNB is not to be asked while it's at work: it would answer when nobody
	// cares any more.
	if r := c.ask(jupyter.Shell, "complete_request", map[string]any{"code": "f", "cursor_pos": 1}); r["status"] != "ok" || len(r["matches"].([]any)) != 0 {
		t.Errorf("complete: %v", r)
	}
	inspection := c.send(jupyter.Shell, "inspect_request", map[string]any{"code": "f", "cursor_pos": 1})
	if r := decode(t, c.reply(jupyter.Shell, inspection)); r["status"] != "ok" || r["found"] != false {
		t.Errorf("inspect: %v", r)
	}
	// Whoever looks at the last status knows that the kernel is at work.
	idle := false
	c.await(func(m received) bool {
		idle = idle || isIdle(m, inspection)
		return idle && isStatus(m, cell, "busy")
	})
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if o := c.finish(cell); o.Status != "ok" {
		t.Error(o)
	}
	if r := c.ask(jupyter.Shell, "complete_request", map[string]any{"code": "f", "cursor_pos": 1}); len(r["matches"].([]any)) != 1 {
		t.Errorf("GoNB's own matches don't arrive: %v", r)
	}
}

func TestAMessageOfAnUnknownTypeIsDropped(t *testing.T) {
	k, c := started(t)
	for _, ch := range []jupyter.Channel{jupyter.Shell, jupyter.Control, jupyter.Stdin} {
		c.send(ch, "make_coffee_request", struct{}{})
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Error(o)
	}
	if n := strings.Count(k.log.String(), "make_coffee"); n != 3 {
		t.Errorf("the log speaks of it %d times, want 3", n)
	}
}

func TestAnExecuteRequestThatCanNotBeReadIsRefused(t *testing.T) {
	_, c := started(t)
	if r := c.ask(jupyter.Shell, "execute_request", map[string]any{"code": 42}); r["status"] != "error" || r["evalue"] == "" {
		t.Errorf("%v", r)
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Error(o)
	}
}

func TestAFailureAbortsTheCellsBehindIt(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "go on")
	queue := func(settings ...any) (second, third outcome) {
		os.Remove(file)
		first := c.start("wait " + file)
		failing, behind := c.start("fail ExitError exit status 3", settings...), c.start("print no")
		c.ask(jupyter.Shell, "comm_info_request", struct{}{}) // all of them are there
		os.WriteFile(file, nil, 0o600)
		c.finish(first)
		return c.finish(failing), c.finish(behind)
	}
	if failing, behind := queue(); failing.EName != exitError || behind.Status != "aborted" || behind.stdout != "" {
		t.Errorf("%v\n%v", failing, behind)
	}
	if _, behind := queue("stop_on_error", false); behind.Status != "ok" {
		t.Errorf("it was aborted although stop_on_error is false: %v", behind)
	}
	if _, behind := queue("silent", true); behind.Status != "ok" {
		t.Errorf("it was aborted by a silent cell: %v", behind)
	}
}

func TestAnInterruptEndsTheCellAndAbortsTheQueue(t *testing.T) {
	k, c := started(t)
	interrupts := map[string]func(){
		"by message": func() {
			if r := c.ask(jupyter.Control, "interrupt_request", struct{}{}); r["status"] != "ok" {
				t.Errorf("the reply is %v", r)
			}
		},
		"by signal": func() { k.cmd.Process.Signal(os.Interrupt) },
	}
	for name, interrupt := range interrupts {
		t.Run(name, func(t *testing.T) {
			running, waiting := c.start("hang"), c.start("print no")
			c.prints(running, "hanging")
			interrupt()
			o := c.finish(running)
			if o.EName != keyboardInterrupt || o.errors != 1 || o.stderr != "" {
				t.Error(o)
			}
			if o := c.finish(waiting); o.Status != "aborted" {
				t.Errorf("the cell behind it: %v", o)
			}
			if o := c.run("print here"); o.stdout != "here" {
				t.Error(o)
			}
		})
	}
	t.Run("while nothing runs", func(t *testing.T) {
		interrupts["by message"]()
		if o := c.run("print here"); o.stdout != "here" {
			t.Error(o)
		}
	})
}

func TestAnInterruptKillsWhatGoNBDoesNot(t *testing.T) {
	k, c := started(t)
	id := c.start(`shell (env -i setsid sh -c 'trap "" INT TERM HUP; (sleep 600 & sleep 600)' &) ; trap "" INT TERM; sleep 600`)
	for range 3 {
		k.find(func(p process) bool { return p.name == "sleep" })
	}
	c.send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt {
		t.Error(o)
	}
	for _, p := range k.processes() {
		if p.name == "sleep" || p.name == "sh" {
			t.Errorf("%s (%d) is left", p.name, p.pid)
		}
	}
}

func TestAnInterruptSparesWhatAnEarlierCellLeft(t *testing.T) {
	k, c := started(t)
	if o := c.run(`shell sleep 611 >/dev/null 2>&1 & echo started`); o.stdout != "started\n" {
		t.Fatal(o)
	}
	earlier := k.find(func(p process) bool { return p.name == "sleep" })
	time.Sleep(30 * time.Millisecond) // processes know their age in hundredths of a second
	id := c.start(`shell sleep 622`)
	k.find(func(p process) bool { return p.name == "sleep" && p.pid != earlier.pid })
	c.send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt {
		t.Error(o)
	}
	var names []int
	for _, p := range k.processes() {
		if p.name == "sleep" {
			names = append(names, p.pid)
		}
	}
	if !slices.Equal(names, []int{earlier.pid}) {
		t.Errorf("%v are left, want %d alone", names, earlier.pid)
	}
}

func TestAGoNBThatDoesNotReactIsReplaced(t *testing.T) {
	_, c := started(t, "FAKE_DEAF=1")
	id := c.start("stuck")
	c.prints(id, "stuck")
	c.send(jupyter.Control, "interrupt_request", struct{}{})
	if o := c.finish(id); o.EName != keyboardInterrupt || !strings.Contains(o.EValue, "declarations are gone") {
		t.Error(o)
	}
	if o := c.run("print here"); o.stdout != "here" || o.stderr != "" {
		t.Errorf("the next cell, which needn't be told again: %v", o)
	}
}

func TestADeathInACellIsItsErrorAndGoNBStartsAgain(t *testing.T) {
	_, c := started(t)
	dying, behind := c.start("die"), c.start("print no")
	o := c.finish(dying)
	if o.EName != kernelDied || !strings.Contains(o.text(), "signal: killed") || !strings.Contains(o.text(), "declarations are gone") || o.errors != 1 || o.stdout != "last words\n" {
		t.Error(o)
	}
	if o := c.finish(behind); o.Status != "aborted" {
		t.Errorf("the cell behind it: %v", o)
	}
	if o := c.run("print here"); o.stdout != "here" || o.stderr != "" {
		t.Errorf("the next cell, which needn't be told again: %v", o)
	}
}

func TestADeathBetweenCellsIsToldInTheNextOneOnce(t *testing.T) {
	k, c := started(t)
	for range 2 {
		c.run("print here")
		kill9(t, k.gonbPID())
		k.find(func(p process) bool { return p.zombie || true })
		if o := c.run("print here"); o.Status != "ok" || o.stdout != "here" || strings.Count(o.stderr, "declarations are gone") != 1 {
			// The kill may be noticed in this very cell.
			if o.EName != kernelDied {
				t.Error(o)
			}
		}
		if o := c.run("print here"); o.stdout != "here" || o.stderr != "" {
			t.Errorf("it's told again: %v", o)
		}
	}
}

func TestReplayRunsWhatDeclared(t *testing.T) {
	_, c := started(t)
	c.run("print one")
	c.run("%%\nprint body")
	c.run("fail CompileError bad")
	c.run("print two")
	c.run("die")
	if o := c.run("%replay"); o.Status != "ok" || !strings.HasPrefix(o.stdout, "onetwo") || !strings.Contains(o.stdout, "2 cells") {
		t.Error(o)
	}
}

func TestReplayEndsAtTheFirstFailure(t *testing.T) {
	k, c := started(t)
	file := filepath.Join(k.dir, "there")
	os.WriteFile(file, nil, 0o600)
	c.run("err held panic: ") // what looked like a crash stays with its cell
	c.run("shell test -e " + file)
	c.run("print two")
	os.Remove(file)
	o := c.run("%replay")
	if o.EName != exitError || o.stdout != "" || !strings.Contains(o.text(), "while cell 2 was run again") || o.stderr != "held panic: " {
		t.Error(o)
	}
}

func TestAGoNBThatDoesNotStartFailsTheCellAndIsTriedAgain(t *testing.T) {
	file := filepath.Join(t.TempDir(), "broken")
	_, c := started(t, "FAKE_NO_START="+file)
	os.WriteFile(file, nil, 0o600)
	c.run("die")
	if o := c.run("print here"); o.EName != kernelDied || !strings.Contains(o.text(), "doesn't start") {
		t.Error(o)
	}
	if r := c.ask(jupyter.Shell, "kernel_info_request", struct{}{}); r["implementation"] != "fake" {
		t.Errorf("without GoNB nobody knows what this is: %v", r)
	}
	os.Remove(file)
	if o := c.run("print here"); o.stdout != "here" {
		t.Error(o)
	}
}

func TestAProgramAsksThePersonAtItsOwnFrontEnd(t *testing.T) {
	k, c := started(t)
	other := connect(t, k.conn)
	id := c.start("ask name? ")
	question := c.await(func(m received) bool { return m.channel == jupyter.Stdin && m.Header.MsgType == "input_request" })
	if question.Parent.MsgID != id || decode(t, question.Message)["prompt"] != "name? " {
		t.Errorf("%+v %s", question.Parent, question.Content)
	}
	other.send(jupyter.Stdin, "input_reply", map[string]string{"value": "somebody else"})
	other.ask(jupyter.Shell, "comm_info_request", struct{}{})
	c.send(jupyter.Stdin, "input_reply", map[string]string{"value": "Ann"})
	if o := c.finish(id); o.stdout != "you said Ann" {
		t.Error(o)
	}
	t.Run("an answer that comes unasked is not the next one's", func(t *testing.T) {
		c.send(jupyter.Stdin, "input_reply", map[string]string{"value": "too early"})
		c.ask(jupyter.Shell, "comm_info_request", struct{}{})
		id := c.start("ask again? ")
		c.await(func(m received) bool { return m.channel == jupyter.Stdin && m.Parent.MsgID == id })
		c.send(jupyter.Stdin, "input_reply", map[string]string{"value": "Bob"})
		if o := c.finish(id); o.stdout != "you said Bob" {
			t.Error(o)
		}
	})
	t.Run("an interrupt ends the question", func(t *testing.T) {
		id := c.start("ask ever? ")
		c.await(func(m received) bool { return m.channel == jupyter.Stdin && m.Parent.MsgID == id })
		c.send(jupyter.Control, "interrupt_request", struct{}{})
		if o := c.finish(id); o.EName != keyboardInterrupt {
			t.Error(o)
		}
	})
	t.Run("without allow_stdin GoNB knows that nobody answers", func(t *testing.T) {
		if o := c.run("stdin?", "allow_stdin", false); o.stdout != "false" {
			t.Error(o)
		}
		if o := c.run("stdin?"); o.stdout != "true" {
			t.Error(o)
		}
	})
}

func TestTwoFrontEndsSeeTheSameAndEachGetsItsOwnReplies(t *testing.T) {
	k, a := started(t)
	b := connect(t, k.conn)
	id := a.start("print hello")
	a.finish(id)
	b.await(func(m received) bool { return isIdle(m, id) })
	if got, want := types(b.about(id)), []string{"busy", "execute_input", "stream", "idle"}; !slices.Equal(got, want) {
		t.Errorf("the other one sees %v", got)
	}
	for _, m := range b.about(id) {
		if m.channel != jupyter.IOPub {
			t.Errorf("it got the other's %s", m.Header.MsgType)
		}
	}
	if o := b.run("print b"); o.stdout != "b" || o.Count != 2 {
		t.Error(o)
	}
	t.Run("one that comes back under its name gets replies again", func(t *testing.T) {
		again := connectAs(t, k.conn, a.session)
		if o := again.run("print back"); o.stdout != "back" {
			t.Error(o)
		}
		if o := b.run("print b"); o.stdout != "b" {
			t.Error(o)
		}
	})
	t.Run("a reply reaches the one that came back meanwhile", func(t *testing.T) {
		first := connect(t, k.conn)
		id := first.start("ask who? ")
		first.await(func(m received) bool { return m.channel == jupyter.Stdin && m.Parent.MsgID == id })
		first.close()
		again := connectAs(t, k.conn, first.session)
		again.send(jupyter.Stdin, "input_reply", map[string]string{"value": "me"})
		if o := again.finish(id); o.Status != "ok" {
			t.Error(o)
		}
	})
}

func TestPrintsAndPicturesKeepTheirOrder(t *testing.T) {
	_, c := started(t)
	id := c.start("display x")
	c.finish(id)
	if got, want := types(c.about(id)), []string{"busy", "execute_input", "display_data", "idle"}; !slices.Equal(got, want) {
		t.Errorf("iopub says %v", got)
	}
}

func TestCommsPassBothWays(t *testing.T) {
	_, c := started(t)
	c.send(jupyter.Shell, "comm_open", map[string]any{"comm_id": "c1", "target_name": "t", "data": struct{}{}})
	c.send(jupyter.Shell, "comm_open", map[string]any{"comm_id": "c2", "target_name": "other", "data": struct{}{}})
	m, err := jupyter.NewMessage(c.session, "comm_msg", map[string]any{"comm_id": "c1", "data": map[string]int{"n": 7}})
	if err != nil {
		t.Fatal(err)
	}
	m.Buffers = [][]byte{{1, 2, 3}}
	c.post(jupyter.Shell, m)
	echo := c.await(func(r received) bool { return r.Header.MsgType == "comm_msg" && r.Parent.MsgID == m.Header.MsgID })
	if string(echo.Content) != string(m.Content) || len(echo.Buffers) != 1 || string(echo.Buffers[0]) != "\x01\x02\x03" {
		t.Errorf("%s with %d buffers came back", echo.Content, len(echo.Buffers))
	}
	info := c.ask(jupyter.Shell, "comm_info_request", map[string]string{"target_name": "t"})
	if comms := info["comms"].(map[string]any); len(comms) != 1 || comms["c1"] == nil {
		t.Errorf("open are %v", comms)
	}
	c.send(jupyter.Shell, "comm_close", map[string]any{"comm_id": "c1"})
	info = c.ask(jupyter.Shell, "comm_info_request", struct{}{})
	if comms := info["comms"].(map[string]any); len(comms) != 1 || comms["c2"] == nil {
		t.Errorf("open are %v after one was closed", comms)
	}
}

func TestGoNBsOwnLogLinesAreNotTheCells(t *testing.T) {
	_, c := started(t)
	if o := c.run("print x"); o.stdout != "x" || o.stderr != "" {
		t.Error(o)
	}
}

func TestAShutdownIsAnsweredAndLeavesNothing(t *testing.T) {
	for _, restart := range []bool{false, true} {
		k, c := started(t)
		running := c.start("hang")
		c.prints(running, "hanging")
		id := c.send(jupyter.Control, "shutdown_request", map[string]bool{"restart": restart})
		if r := decode(t, c.reply(jupyter.Control, id)); r["status"] != "ok" || r["restart"] != restart {
			t.Errorf("the reply is %v", r)
		}
		// The others hear of it, and whoever waits for the cell needn't.
		c.await(func(m received) bool { return m.channel == jupyter.IOPub && m.Header.MsgType == "shutdown_reply" })
		if o := c.finish(running); o.EName != kernelDied || !strings.Contains(o.EValue, "shut down") {
			t.Error(o)
		}
		if err := k.leavesNothing(); err != nil {
			t.Error(err)
		}
		if <-k.ended; k.status != 0 {
			t.Errorf("exit status %d", k.status)
		}
		if _, err := os.Stat(k.file); err != nil {
			t.Errorf("the connection file is Jupyter's: %v", err)
		}
	}
}

// hiding is a cell whose processes hide.
const hiding = `shell (env -i setsid sh -c 'trap "" INT TERM HUP; (sleep 600 & sleep 600)' &) ; trap "" INT TERM; sleep 600`

func TestWhicheverProcessIsKilledNothingIsLeft(t *testing.T) {
	for name, victim := range map[string]func(*testKernel) int{
		"the keeper":     func(k *testKernel) int { return k.cmd.Process.Pid },
		"the supervisor": (*testKernel).supervisorPID,
	} {
		t.Run(name, func(t *testing.T) {
			bystander, other := started(t)
			before := bystander.processes()
			k, c := started(t)
			c.start(hiding)
			k.find(func(p process) bool { return p.name == "sleep" })
			kill9(t, victim(k))
			began := time.Now()
			if err := k.leavesNothing(); err != nil {
				t.Error(err)
			}
			t.Logf("gone after %v", time.Since(began))
			if after := bystander.processes(); !slices.Equal(after, before) {
				t.Errorf("the other kernel had %v and has %v", before, after)
			}
			if o := other.run("print here"); o.stdout != "here" {
				t.Error(o)
			}
		})
	}
}

// When Jupyter is killed, nobody else takes the connection file away.
func TestAParentThatIsKilledTakesTheKernelWithIt(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	k := startKernel(t, kernelOptions{argv: []string{"sh", "-c", `"$0" ` + kernelPart + ` "$1" & wait`, self, "{file}"}})
	c := connect(t, k.conn)
	c.start(hiding)
	k.find(func(p process) bool { return p.name == "sleep" })
	kill9(t, k.cmd.Process.Pid)
	began := time.Now()
	if err := k.leavesNothing(); err != nil {
		t.Error(err)
	}
	t.Logf("gone after %v", time.Since(began))
	if _, err := os.Stat(k.file); err == nil {
		t.Error("the connection file is left")
	}
}

func TestABrokenStandardErrorEndsNothing(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	k := startKernel(t, kernelOptions{argv: []string{"sh", "-c", `exec "$0" ` + kernelPart + ` "$1" 2>/dev/fd/3`, self, "{file}"}, stderr: write})
	c := connect(t, k.conn)
	write.Close()
	read.Close()
	for range 3 {
		c.send(jupyter.Shell, "make_coffee_request", struct{}{}) // is worth a line in the log
	}
	if o := c.run("print here"); o.stdout != "here" {
		t.Error(o)
	}
	if o := c.run(`shell (yes; echo $? >&2) | head -1; cat /proc/self/status | grep SigIgn`); !strings.Contains(o.stdout, "y\n") || !ignoresNot(o.stdout, syscall.SIGPIPE) {
		t.Errorf("programs of cells ignore SIGPIPE: %v", o)
	}
}

// ignoresNot reads a mask from /proc/PID/status.
func ignoresNot(status string, sig syscall.Signal) bool {
	_, mask, ok := strings.Cut(status, "SigIgn:\t")
	if !ok || len(mask) < 16 {
		return false
	}
	var bits uint64
	for _, d := range mask[:16] {
		bits = bits<<4 | uint64(strings.IndexRune("0123456789abcdef", d))
	}
	return bits&(1<<(sig-1)) == 0
}

func TestWhatIsLeftWhenAllAreKilledAtOnceGoesWithTheNextKernel(t *testing.T) {
	k := startKernel(t, kernelOptions{plain: true})
	c := connect(t, k.conn)
	c.start(`shell setsid sleep 600`)
	k.find(func(p process) bool { return p.name == "sleep" })
	pids := []int{k.cmd.Process.Pid, k.supervisorPID()}
	// Neither can notice that the other is gone.
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGSTOP)
	}
	for _, pid := range pids {
		kill9(t, pid)
	}
	<-k.ended
	homes, _ := filepath.Glob(filepath.Join(k.temp(), homePrefix+"*"))
	if len(homes) != 1 {
		t.Fatalf("left is %v", k.left())
	}
	t.Setenv("TMPDIR", k.temp())
	if err := clearAbandoned(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(homes[0]); err != nil {
		t.Error("a folder that may just be about to be locked is taken for abandoned")
	}
	old := time.Now().Add(-2 * newborn)
	os.Chtimes(homes[0], old, old)
	if err := clearAbandoned(); err != nil {
		t.Error(err)
	}
	for deadline := time.Now().Add(patience); len(k.processes()) > 0 && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
	}
	var left []string
	for _, l := range k.left() {
		if !strings.Contains(l, "/s-") {
			left = append(left, l)
		}
	}
	if len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	t.Run("a kernel at work is left alone, whatever its age", func(t *testing.T) {
		k, c := started(t)
		homes, _ := filepath.Glob(filepath.Join(k.temp(), homePrefix+"*"))
		os.Chtimes(homes[0], old, old)
		t.Setenv("TMPDIR", k.temp())
		if err := clearAbandoned(); err != nil {
			t.Error(err)
		}
		if o := c.run("print here"); o.stdout != "here" {
			t.Error(o)
		}
	})
	t.Run("its sockets don't keep the next one from listening", func(t *testing.T) {
		self, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		again := exec.Command(self, kernelPart, k.file)
		again.Env = k.cmd.Env
		if err := again.Start(); err != nil {
			t.Fatal(err)
		}
		if o := connect(t, k.conn).run("print here"); o.stdout != "here" {
			t.Error(o)
		}
		again.Process.Signal(syscall.SIGTERM)
		if err := again.Wait(); err != nil {
			t.Error(err)
		}
	})
}

func TestFilesAndSocketsAreTheOwnersAlone(t *testing.T) {
	k, c := started(t)
	c.run("print x")
	err := filepath.WalkDir(k.temp(), func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		// What is below a folder that is closed to others is, too.
		if d.IsDir() && path != k.temp() {
			if info.Mode().Perm() != 0o700 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
		} else if !d.IsDir() && info.Mode().Perm()&0o077 != 0 && info.Mode().Type() != os.ModeSocket {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	sockets, _ := filepath.Glob(filepath.Join(k.dir, "s-*"))
	if len(sockets) != 5 {
		t.Errorf("%d sockets", len(sockets))
	}
	for _, s := range sockets {
		if info, err := os.Stat(s); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v)", s, info.Mode(), err)
		}
	}
	var env []string
	if err := json.Unmarshal([]byte(c.run("env").stdout), &env); err != nil {
		t.Fatal(err)
	}
	for _, e := range env {
		if strings.Contains(e, k.conn.Key) || strings.HasPrefix(e, keptEnv) {
			t.Errorf("cells see %s", e)
		}
	}
	for _, p := range k.processes() {
		line, err := os.ReadFile("/proc/" + itoa(p.pid) + "/cmdline")
		if err != nil || strings.Contains(string(line), k.conn.Key) {
			t.Errorf("the key is in the process list: %s %v", line, err)
		}
	}
}
