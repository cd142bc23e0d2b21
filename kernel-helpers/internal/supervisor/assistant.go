package supervisor

import (
	"context"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/internal/jupyter"
	"example.com/speedup/kernel-helpers/internal/langserver"
	"example.com/speedup/kernel-helpers/internal/supervisor/front"
)

// assistWithin is how long completion and inspection may take. After that the user
// has typed on.
const assistWithin = 3 * time.Second

// goplsEnv is the environment variable that tells GoNB at which socket gopls listens.
const goplsEnv = "GONB_GOPLS"

// assistant answers completion and inspection requests, one after another. The
// language server is started when the first user is noticed, and not for programs
// that run notebooks.
type assistant struct {
	*session
	server      *langserver.Server // nil if gopls is not installed
	queue       inbox              // the zero request asks to start the language server
	interactive atomic.Bool
}

// run answers requests until ctx ends.
func (a *assistant) run(ctx context.Context) {
	if a.server != nil {
		defer a.server.Close()
	}
	a.queue.each(ctx, func(ctx context.Context, r front.Request) {
		if r.Channel == "" {
			a.startLanguageServer(ctx)
			return
		}
		a.noticeUser()
		a.answer(ctx, r)
	})
}

// noticeUser is called when a client sends what programs that run notebooks don't
// send. At the first such request the language server is started.
func (a *assistant) noticeUser() {
	if a.interactive.CompareAndSwap(false, true) {
		a.queue.put(front.Request{})
	}
}

// restarted is called when a GoNB has started. It is not connected to the language
// server yet.
func (a *assistant) restarted() {
	if a.interactive.Load() {
		a.queue.put(front.Request{})
	}
}

// answer replies with GoNB's answer, or with an empty one if GoNB is late. GoNB
// answers while a cell runs, too.
func (a *assistant) answer(ctx context.Context, r front.Request) {
	a.activity.during(r, func() {
		reply := replyTo(r.Header.MsgType)
		m, err := a.ask(ctx, r)
		if err != nil {
			a.log.Info("no answer", "type", r.Header.MsgType, "err", err)
			a.front.Reply(r, reply, emptyAnswer(r))
			return
		}
		a.front.Reply(r, reply, m.Content)
	})
}

func (a *assistant) ask(ctx context.Context, r front.Request) (jupyter.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, assistWithin)
	defer cancel()
	gonb, err := a.gonb.get(ctx)
	if err != nil {
		return jupyter.Message{}, err
	}
	a.ensureServer(ctx)
	return gonb.Request(ctx, jupyter.Shell, r.Header.MsgType, r.Content)
}

// ensureServer starts the language server if there is none, which takes some hundredths
// of a second. Without it GoNB answers with what it knows itself.
func (a *assistant) ensureServer(ctx context.Context) {
	if a.server == nil {
		return
	}
	if err := a.server.Ensure(ctx); err != nil {
		a.log.Warn("completions lack what gopls knows", "err", err)
	}
}

// warmUp is a completion request that makes GoNB connect to the language server and
// load packages there, which takes a second or two.
var warmUp = map[string]any{"code": "%%\nfmt.Print", "cursor_pos": 12}

// startLanguageServer starts the language server and makes GoNB use it. That goes on
// after startLanguageServer has given up waiting.
func (a *assistant) startLanguageServer(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, assistWithin)
	defer cancel()
	gonb, err := a.gonb.get(ctx)
	if err == nil {
		a.ensureServer(ctx)
		_, err = gonb.Request(ctx, jupyter.Shell, "complete_request", warmUp)
	}
	if err != nil {
		a.log.Info("warm up completion", "err", err)
	}
}

// emptyAnswer returns the content of a reply without completions or without
// documentation.
func emptyAnswer(r front.Request) any {
	var content struct {
		CursorPos int `json:"cursor_pos"`
	}
	if err := r.Decode(&content); err != nil || r.Header.MsgType == "inspect_request" {
		return map[string]any{"status": "ok", "found": false, "data": struct{}{}, "metadata": struct{}{}}
	}
	return map[string]any{"status": "ok", "matches": []string{}, "cursor_start": content.CursorPos, "cursor_end": content.CursorPos, "metadata": struct{}{}}
}
