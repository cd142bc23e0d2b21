package supervisor

import (
	"context"
	"sync/atomic"
	"time"

	"example.com/speedup/kernel-helpers/internal/supervisor/front"
	"example.com/speedup/kernel-helpers/internal/supervisor/report"
)

// executor runs cells one after another.
type executor struct {
	*session
	giveUpAfter time.Duration
	queue       inbox
	running     atomic.Pointer[cellRun]
}

// run runs cells until ctx ends.
func (e *executor) run(ctx context.Context) { e.queue.each(ctx, e.execute) }

// abortAll aborts the cells that are still queued.
func (e *executor) abortAll(why string) { e.abort(e.queue.takeAll(), why) }

// interrupt ends the running cell, if there is one.
func (e *executor) interrupt() {
	if x := e.running.Load(); x != nil {
		x.interrupt()
	}
}

// input passes a user's input on to the running cell. It drops input from another
// client than the cell's.
func (e *executor) input(r front.Request) {
	var answer struct {
		Value string `json:"value"`
	}
	x := e.running.Load()
	if r.Header.MsgType != "input_reply" || r.Decode(&answer) != nil || x == nil || !r.SameClient(x.request) {
		e.log.Warn("dropped an answer without a question", "type", r.Header.MsgType)
		return
	}
	if !x.answer(answer.Value) {
		e.log.Warn("dropped a second answer")
	}
}

// execute runs one cell, from its request to its reply.
func (e *executor) execute(ctx context.Context, r front.Request) {
	var content executeContent
	if err := r.Decode(&content); err != nil {
		e.refuse(r, err)
		return
	}
	x := newCellRun(ctx, e.session, r, content, e.giveUpAfter)
	defer x.end()
	e.running.Store(x)
	e.activity.beginCell(r)
	if !content.Silent {
		e.front.Publish(r.Message, "execute_input", map[string]any{"code": content.Code, "execution_count": x.count})
	}
	f := x.run()
	if content.remembered() {
		e.history.add(x.count, content.Code, f == nil)
	}
	var behind []front.Request // cells behind a failed one are not run
	if f != nil && !content.Silent && orTrue(content.StopOnError) {
		behind = e.queue.takeAll() // before the failure is known: later requests are meant to run
	}
	e.reply(x, f)
	e.running.Store(nil)
	e.activity.endCell()
	e.abort(behind, "a cell before this one failed")
	e.gonb.reap()
}

// reply publishes the failure, if there is one, and answers the request.
func (e *executor) reply(x *cellRun, f *report.Failure) {
	if f == nil {
		e.front.Reply(x.request, "execute_reply", map[string]any{
			"status": "ok", "execution_count": x.count, "user_expressions": refusedExpressions(x.content.Expressions), "payload": []any{},
		})
		return
	}
	content := map[string]any{"ename": f.Name, "evalue": f.Value, "traceback": f.Traceback}
	if !x.content.Silent {
		e.front.Publish(x.request.Message, "error", content)
	}
	content["status"], content["execution_count"] = "error", x.count
	e.front.Reply(x.request, "execute_reply", content)
}

// refusedExpressions answers user expressions with errors, because Go can't
// evaluate an expression outside of a program.
func refusedExpressions(expressions map[string]string) map[string]any {
	answers := map[string]any{}
	for name := range expressions {
		answers[name] = map[string]any{"status": "error", "ename": "Unsupported", "evalue": "Go has no expressions outside of a program", "traceback": []string{}}
	}
	return answers
}

// abort answers requests whose cells are not run. The replies have no execution
// count, as in ipykernel: JupyterLab would show it as if the cell had run.
func (e *executor) abort(requests []front.Request, why string) {
	for _, r := range requests {
		e.front.Status(r.Message, "busy")
		e.front.Reply(r, "execute_reply", map[string]any{"status": "aborted", "ename": "Aborted", "evalue": why, "traceback": []string{}})
		e.front.Status(r.Message, "idle")
	}
}

// refuse answers a request that can't be decoded.
func (e *executor) refuse(r front.Request, err error) {
	e.activity.during(r, func() {
		e.front.Reply(r, replyTo(r.Header.MsgType), map[string]any{
			"status": "error", "execution_count": e.history.count(), "ename": "BadRequest", "evalue": err.Error(), "traceback": []string{},
		})
	})
}
