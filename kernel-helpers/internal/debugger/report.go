package debugger

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// A Watch waits for a cell's program to come to grief, without a front end that
// debugs it: for a deadlock, a panic that nothing recovers, or the end of its time.
// It also reports where the program calls runtime.Breakpoint.
type Watch struct {
	// Limit is how long the program may run. Then it is reported and ended. 0 means
	// no limit.
	Limit time.Duration
	// Report is called when the program has come to grief, before it ends, and while
	// it stands at a call of runtime.Breakpoint.
	Report func(Report)
}

// A Report says who waits for what.
type Report struct {
	Text string
	SVG  string // the same as a picture
}

// watched reports a stop if the program is watched. It reports whether the program's
// time is over.
func (p *program) watched(reason string, asleep bool) (expired bool) {
	if p.watch == nil {
		return false
	}
	p.mu.Lock()
	expired = p.expired
	p.mu.Unlock()
	switch {
	case expired:
		reason = "not at its end after " + p.watch.Limit.String()
	case reason == "":
		return false
	}
	ctx, cancel := context.WithTimeout(p.ctx, requestWithin)
	defer cancel()
	snap, err := p.takeSnapshot(ctx, p.d.source, asleep)
	if err != nil {
		p.d.log.Warn("debugger: report", "err", err)
		return expired
	}
	p.watch.Report(Report{Text: snap.text(reason), SVG: snap.picture(reason)})
	return expired
}

// maxLooks is how many calls of runtime.Breakpoint are reported.
const maxLooks = 3

// looked reports that a goroutine of a watched program has called
// runtime.Breakpoint: where it stands, its variables there, and all goroutines.
func (p *program) looked(goroutine int64) {
	if p.watch == nil || p.looks == maxLooks {
		return
	}
	p.looks++
	ctx, cancel := context.WithTimeout(p.ctx, requestWithin)
	defer cancel()
	snap, err := p.takeSnapshot(ctx, p.d.source, false)
	if err != nil {
		p.d.log.Warn("debugger: report", "err", err)
		return
	}
	reason, variables := "breakpoint", ""
	if w := snap.find(goroutine); w != nil {
		reason = "breakpoint: " + who(w) + " at " + place(w.where)
		w.state = "at the breakpoint"
		snap.groups = nil
		snap.group()
		variables = p.variablesOf(ctx, w)
	}
	if p.looks == maxLooks {
		variables += "  (later calls of runtime.Breakpoint are not reported)\n"
	}
	first, rest, _ := strings.Cut(snap.text(reason), "\n")
	p.watch.Report(Report{Text: first + "\n" + variables + rest, SVG: snap.picture(reason)})
}

// variablesOf returns the variables of the frame where a goroutine stands, one a line.
func (p *program) variablesOf(ctx context.Context, w *waiter) string {
	frame, err := p.frameInCell(ctx, w.id)
	if err != nil {
		p.d.log.Info("debugger: report", "err", err)
		return ""
	}
	list, err := p.frameVariables(ctx, delve.EvalScope{GoroutineID: w.id, Frame: frame})
	if err != nil {
		p.d.log.Info("debugger: report", "err", err)
	}
	var out strings.Builder
	for _, v := range list {
		if v.Flags&delve.Shadowed == 0 {
			fmt.Fprintf(&out, "  %s = %s\n", v.Name, summary(v, 2))
		}
	}
	return out.String()
}

// frameInCell returns the number of the innermost frame of a goroutine in a cell, as
// Delve counts them.
func (p *program) frameInCell(ctx context.Context, goroutine int64) (int, error) {
	stack, err := p.client.Stacktrace(ctx, goroutine, maxDepth)
	if err != nil {
		return 0, err
	}
	return max(0, slices.IndexFunc(stack, inCell)), nil
}

// maxReported is how many groups a report has.
const maxReported = 20

// text returns the groups of goroutines, one a line.
func (s *snapshot) text(reason string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s\n", reason)
	if s.deadlock != "" && s.deadlock != reason {
		fmt.Fprintf(&out, "%s\n", s.deadlock)
	}
	for i, g := range s.groups {
		if i == maxReported {
			fmt.Fprintf(&out, "  … and %d more groups\n", len(s.groups)-i)
			break
		}
		fmt.Fprintf(&out, "  %s: %s at %s%s\n", g.title(), g.state, g.place, g.origin())
	}
	for _, h := range s.wanted() {
		fmt.Fprintf(&out, "  %s is probably held by %s\n", h.expr, who(h.by))
	}
	if n := len(s.system); n > 0 {
		fmt.Fprintf(&out, "  %d goroutines of the runtime\n", n)
	}
	return out.String()
}

// wanted returns the holds of locks for which somebody waits.
func (s *snapshot) wanted() (holds []hold) {
	for _, h := range s.holds {
		if slices.ContainsFunc(s.user, func(w *waiter) bool { return waitsForLock(w) && slices.ContainsFunc(w.objects, h.covers) }) {
			holds = append(holds, h)
		}
	}
	return holds
}

// maxNames is how many names of goroutines the title of a group has.
const maxNames = 5

// title names the goroutines of a group.
func (g *group) title() string {
	w := g.members[0]
	if len(g.members) == 1 {
		return fmt.Sprintf("goroutine %d (%s)", w.id, w.name)
	}
	var names []string
	for _, w := range g.members {
		if !slices.Contains(names, w.name) {
			names = append(names, w.name)
		}
	}
	if len(names) > maxNames {
		names = append(names[:maxNames], "…")
	}
	return fmt.Sprintf("%d goroutines (%s)", len(g.members), strings.Join(names, ", "))
}

// origin says where the first goroutine of a group was started.
func (g *group) origin() string {
	if c := g.members[0].created; c.Line > 0 {
		return ", started at " + place(c)
	}
	return ""
}

// picture draws who waits for what.
func (s *snapshot) picture(reason string) string {
	groups := s.groups[:min(len(s.groups), maxReported)]
	var boxes []waits.Box
	rows := map[*waiter]int{}
	addrs := map[string]uint64{}
	for i, g := range groups {
		b := waits.Box{Title: g.title() + ": " + g.state, Detail: g.place + g.origin()}
		for _, w := range g.members {
			rows[w] = i
		}
		for _, addr := range g.members[0].objects {
			key := fmt.Sprintf("%#x", addr)
			addrs[key] = addr
			b.For = append(b.For, key)
		}
		boxes = append(boxes, b)
	}
	return waits.Picture(reason, boxes, func(key string) waits.Object {
		addr := addrs[key]
		o := waits.Object{Name: cmp.Or(s.locks[addr], key)}
		for _, h := range s.holds {
			if row, shown := rows[h.by]; shown && h.covers(addr) {
				o.Holders = append(o.Holders, row)
			}
		}
		return o
	}).SVG()
}
