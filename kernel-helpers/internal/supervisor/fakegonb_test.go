package supervisor

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// fakeGoNB speaks GoNB's side of the protocol. The first word of a cell says what
// the cell does.
type fakeGoNB struct {
	*front.Front
	interrupted chan struct{}
	answers     chan string
	cells       chan front.Request
	count       int
}

func playGoNB(connectionFile string) error {
	if file := os.Getenv("FAKE_NO_START"); file != "" {
		if _, err := os.Stat(file); err == nil {
			return fmt.Errorf("%s exists, so the fake GoNB doesn't start", file)
		}
	}
	for file := os.Getenv("FAKE_SLOW_START"); file != ""; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(file); err != nil {
			break
		}
	}
	c, err := jupyter.ReadConnection(connectionFile)
	if err != nil {
		return err
	}
	f, err := front.Open(context.Background(), c, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	g := &fakeGoNB{Front: f, interrupted: make(chan struct{}, 100), answers: make(chan string, 1), cells: make(chan front.Request, 1000)}
	f.Serve(g.handle)
	fmt.Fprintln(os.Stderr, "a log line of GoNB")
	for r := range g.cells {
		g.execute(r)
	}
	return nil
}

func (g *fakeGoNB) handle(r front.Request) {
	switch r.Header.MsgType {
	case "kernel_info_request":
		g.Status(r.Message, "busy")
		g.Reply(r, "kernel_info_reply", map[string]any{"implementation": "fake", "language_info": map[string]string{"name": "go", "pygments_lexer": ""}})
		g.Status(r.Message, "idle")
	case "execute_request":
		g.cells <- r
	case "complete_request":
		g.Reply(r, "complete_reply", map[string]any{"status": "ok", "matches": []string{"fmt.Println"}, "cursor_start": 0, "cursor_end": 1, "metadata": struct{}{}})
	case "comm_msg": // an echo
		g.Forward(r.Message, r.Message)
	case "interrupt_request":
		if os.Getenv("FAKE_DEAF") == "" {
			g.interrupted <- struct{}{}
		}
		g.Reply(r, "interrupt_reply", statusContent{"ok"})
	case "shutdown_request":
		g.Reply(r, "shutdown_reply", statusContent{"ok"})
		g.Drain(context.Background())
		os.Exit(0)
	case "input_reply":
		var answer struct{ Value string }
		if r.Decode(&answer) == nil {
			g.answers <- answer.Value
		}
	}
}

func (g *fakeGoNB) print(r front.Request, name, text string) {
	g.Publish(r.Message, "stream", map[string]string{"name": name, "text": text})
}

func (g *fakeGoNB) execute(r front.Request) {
	var content executeContent
	if r.Decode(&content) != nil {
		return
	}
	for len(g.interrupted) > 0 {
		<-g.interrupted
	}
	g.count++
	g.Status(r.Message, "busy")
	reply := map[string]any{"status": "ok", "execution_count": g.count}
	fail := func(name, value string) {
		reply = map[string]any{"status": "error", "ename": name, "evalue": value, "traceback": []string{"GoNB's own traceback"}}
		g.Publish(r.Message, "error", reply)
	}
	word, rest, _ := strings.Cut(content.Code, " ")
	switch word {
	case "print":
		g.print(r, "stdout", rest)
	case "err":
		g.print(r, "stderr", rest)
	case "fail": // name value
		name, value, _ := strings.Cut(rest, " ")
		fail(name, value)
	case "panic":
		g.print(r, "stderr", "panic: "+rest+"\n\ngoroutine 1 [running]:\nmain.main()\n")
		fail("ExitError", "exit status 2")
	case "display":
		g.Publish(r.Message, "display_data", map[string]any{"data": map[string]string{"text/plain": rest}, "metadata": struct{}{}, "transient": struct{}{}})
	case "mixed":
		for _, word := range []string{"a", "b"} {
			g.print(r, "stdout", word)
			g.Publish(r.Message, "display_data", map[string]any{"data": map[string]string{"text/plain": word}, "metadata": struct{}{}, "transient": struct{}{}})
		}
	case "lines": // n short lines in as many messages
		n, _ := strconv.Atoi(rest)
		for i := range n {
			g.print(r, "stdout", strconv.Itoa(i)+"\n")
		}
	case "leave", "hang": // until an interrupt
		if word == "leave" {
			exec.Command("setsid", "sleep", "600").Start()
		}
		g.print(r, "stdout", "hanging\n")
		<-g.interrupted
		fail("ExitError", "signal: interrupt")
	case "stuck": // whatever happens
		g.print(r, "stdout", "stuck\n")
		select {}
	case "die":
		g.print(r, "stdout", "last words\n")
		g.Drain(context.Background())
		syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	case "pid":
		g.print(r, "stdout", strconv.Itoa(os.Getpid()))
	case "env":
		raw, _ := json.Marshal(os.Environ())
		g.print(r, "stdout", string(raw))
	case "ask":
		g.Ask(r, "input_request", map[string]any{"prompt": rest, "password": false})
		select {
		case value := <-g.answers:
			g.print(r, "stdout", "you said "+value)
		case <-g.interrupted:
			fail("ExitError", "signal: interrupt")
		}
	case "stdin?":
		g.print(r, "stdout", strconv.FormatBool(orTrue(content.AllowStdin)))
	case "shell": // run a command as the cell's
		cmd := exec.Command("sh", "-c", rest)
		out, err := cmd.Output()
		g.print(r, "stdout", string(out))
		if err != nil {
			fail("ExitError", err.Error())
		}
	case "wait": // for a file
		for {
			if _, err := os.Stat(rest); err == nil {
				break
			}
			time.Sleep(time.Millisecond)
		}
	}
	g.Reply(r, "execute_reply", reply)
	g.Status(r.Message, "idle")
}
