package debugger

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
)

// A goroutine is one goroutine of a program that is stopped.
type goroutine struct {
	id      int64
	status  uint32
	reason  string   // what the runtime says it waits for, such as "chan receive"
	objects []uint64 // the channels or the semaphore that it waits for
	label   string   // its profiler labels
	addr    uint64   // of its descriptor

	start   delve.Location   // the function that it runs
	created delve.Location   // the go statement
	stack   []delve.Location // the innermost first, without the runtime's bottom
}

// Statuses of goroutines, as in package runtime.
const (
	gIdle     = 0
	gRunnable = 1
	gRunning  = 2
	gSyscall  = 3
	gWaiting  = 4
	gDead     = 6      // also when it has just been made
	gScan     = 0x1000 // a bit beside the others
)

// layout is where the runtime of a program has what the debugger reads. It comes
// from the program's debug information, so it fits any version of Go that still
// has fields of these names.
type layout struct {
	size                                     uint64 // of the part of a descriptor that is read
	stackHi, pc, sp, bp                      uint64
	syscallPC, syscallSP, syscallBP          uint64
	status, id, reason                       uint64
	creator, start, waiting, labels, parents uint64

	reasons []string

	sudogKnown            bool
	elem, waitlink, queue uint64 // in a sudog
	traceable             bool   // elem and queue have two words, the second of which always holds the address
}

// readLayout finds out the layout.
func readLayout(ctx context.Context, c *delve.Client) (*layout, error) {
	here := delve.EvalScope{GoroutineID: -1}
	g, err := c.Eval(ctx, here, "*runtime.allgs[0]", delve.LoadConfig{MaxStructFields: -1, MaxVariableRecurse: 1})
	if err != nil {
		return nil, err
	}
	l := &layout{}
	for _, field := range []struct {
		at   *uint64
		path []string
	}{
		{&l.stackHi, []string{"stack", "hi"}},
		{&l.pc, []string{"sched", "pc"}}, {&l.sp, []string{"sched", "sp"}}, {&l.bp, []string{"sched", "bp"}},
		{&l.syscallPC, []string{"syscallpc"}}, {&l.syscallSP, []string{"syscallsp"}}, {&l.syscallBP, []string{"syscallbp"}},
		{&l.status, []string{"atomicstatus"}}, {&l.id, []string{"goid"}}, {&l.reason, []string{"waitreason"}},
		{&l.creator, []string{"gopc"}}, {&l.start, []string{"startpc"}},
		{&l.waiting, []string{"waiting"}}, {&l.labels, []string{"labels"}}, {&l.parents, []string{"parentGoid"}},
	} {
		v := g.Path(field.path...)
		if v.Addr < g.Addr || g.Addr == 0 {
			return nil, fmt.Errorf("debugger: this version of Go has no runtime.g.%s", strings.Join(field.path, "."))
		}
		*field.at = v.Addr - g.Addr
		l.size = max(l.size, *field.at+8)
	}
	reasons, err := c.Eval(ctx, here, "runtime.waitReasonStrings", delve.LoadConfig{MaxArrayValues: 256, MaxStringLen: 64})
	for _, r := range reasons.Children {
		l.reasons = append(l.reasons, r.Value)
	}
	return l, err
}

// readSudog finds out the layout of sudogs, of which there is one at addr.
func (l *layout) readSudog(ctx context.Context, c *delve.Client, addr uint64) error {
	s, err := c.Eval(ctx, delve.EvalScope{GoroutineID: -1}, fmt.Sprintf("*(*runtime.sudog)(%#x)", addr), delve.LoadConfig{MaxStructFields: -1})
	if err != nil {
		return err
	}
	elem, queue := s.Path("elem"), s.Path("c")
	l.elem, l.waitlink, l.queue = elem.Addr-addr, s.Path("waitlink").Addr-addr, queue.Addr-addr
	l.traceable = strings.Contains(elem.Type, "maybeTraceable")
	l.sudogKnown = s.Addr == addr
	return nil
}

// maxGoroutines is how many goroutines are read.
const maxGoroutines = 100_000

// readGoroutines returns all goroutines of a program that is stopped.
func (p *program) readGoroutines(ctx context.Context) ([]goroutine, error) {
	if p.layout == nil {
		l, err := readLayout(ctx, p.client)
		if err != nil {
			return nil, err
		}
		p.layout = l
	}
	l, m := p.layout, memory{ctx, p.client, p.memory}
	all, err := p.client.Eval(ctx, delve.EvalScope{GoroutineID: -1}, "runtime.allgs", delve.LoadConfig{})
	if err != nil {
		return nil, err
	}
	addrs := make([]byte, 8*min(all.Len, maxGoroutines))
	if err := m.read(addrs, all.Base); err != nil {
		return nil, err
	}
	var list []goroutine
	raw := make([]byte, l.size)
	for ; len(addrs) > 0; addrs = addrs[8:] {
		addr := binary.LittleEndian.Uint64(addrs)
		if err := m.read(raw, addr); err != nil {
			return nil, err
		}
		word := func(at uint64) uint64 { return binary.LittleEndian.Uint64(raw[at:]) }
		g := goroutine{id: int64(word(l.id)), status: binary.LittleEndian.Uint32(raw[l.status:]) &^ gScan, addr: addr}
		if g.status == gIdle || g.status == gDead || word(l.start) == 0 || g.id == 0 {
			continue
		}
		if n := int(raw[l.reason]); g.status == gWaiting && n < len(l.reasons) {
			g.reason = l.reasons[n]
		}
		if waiting := word(l.waiting); waiting != 0 && g.status == gWaiting {
			g.objects = p.objects(ctx, m, waiting, g.reason)
		}
		g.label = label(m, word(l.labels))
		g.start, g.created = p.location(ctx, word(l.start)), p.location(ctx, word(l.creator)-1)
		if word(l.creator) == 0 || strings.HasPrefix(g.created.Name(), "runtime.") {
			g.created = delve.Location{}
		}
		switch g.status {
		case gRunning:
			g.stack, _ = p.client.Stacktrace(ctx, g.id, maxDepth) // it may just be ending
		case gSyscall:
			g.stack = p.unwind(ctx, m, word(l.syscallPC), word(l.syscallBP), word(l.syscallSP), word(l.stackHi))
		default:
			g.stack = p.unwind(ctx, m, word(l.pc), word(l.bp), word(l.sp), word(l.stackHi))
		}
		g.stack = withoutBottom(g.stack)
		if n := len(g.stack); n > 1 && wrapper.MatchString(g.stack[n-1].Name()) {
			g.start = g.stack[n-2] // go f(x) starts a wrapper that calls f
			g.stack = g.stack[:n-1]
		}
		list = append(list, g)
	}
	return list, nil
}

// wrapper matches the names of functions that the compiler makes of go statements
// with arguments.
var wrapper = regexp.MustCompile(`\.gowrap\d+$`)

// objects returns the addresses of what a goroutine waits for, from its first sudog.
func (p *program) objects(ctx context.Context, m memory, sudog uint64, reason string) (addrs []uint64) {
	l := p.layout
	if !l.sudogKnown && l.readSudog(ctx, p.client, sudog) != nil {
		return nil
	}
	at := l.elem // a semaphore
	if strings.HasPrefix(reason, "chan ") || strings.HasPrefix(reason, "select") {
		at = l.queue
	}
	if l.traceable {
		at += 8
	}
	for ; sudog != 0 && len(addrs) < 64; sudog = m.word(sudog + l.waitlink) {
		if addr := m.word(sudog + at); addr != 0 {
			addrs = append(addrs, addr)
		}
		if !strings.HasPrefix(reason, "select") {
			break // a semaphore's list leads to the other waiters
		}
	}
	return addrs
}

// label returns profiler labels as text. They are a slice of pairs of strings.
func label(m memory, addr uint64) string {
	if addr == 0 {
		return ""
	}
	var parts []string
	list, n := m.word(addr), min(m.word(addr+8), 8)
	for i := range n {
		key, value := m.text(list+i*32, 64), m.text(list+i*32+16, 64)
		if key == "name" {
			return value
		}
		parts = append(parts, key+"="+value)
	}
	return strings.Join(parts, " ")
}

// maxDepth is how many frames of a stack are read.
const maxDepth = 50

// unwind follows the frame pointers of a goroutine that isn't running.
func (p *program) unwind(ctx context.Context, m memory, pc, bp, sp, hi uint64) (stack []delve.Location) {
	if pc == 0 {
		return nil
	}
	stack = append(stack, p.location(ctx, pc))
	near := make([]byte, min(1024, hi-min(sp, hi))) // most stacks as a whole, in one read
	if m.read(near, sp) != nil {
		near = nil
	}
	word := func(addr uint64) uint64 {
		if addr >= sp && addr-sp+8 <= uint64(len(near)) {
			return binary.LittleEndian.Uint64(near[addr-sp:])
		}
		return m.word(addr)
	}
	for bp >= sp && bp+16 <= hi && len(stack) < maxDepth {
		ret := word(bp + 8)
		if ret == 0 {
			break
		}
		stack = append(stack, p.location(ctx, ret-1)) // within the call
		next := word(bp)
		if next <= bp {
			break
		}
		bp = next
	}
	return stack
}

// location returns where a program counter is. It asks Delve once for each.
func (p *program) location(ctx context.Context, pc uint64) delve.Location {
	if found, known := p.places[pc]; known {
		return found
	}
	found, err := p.client.FindPC(ctx, pc)
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return found
	}
	p.places[pc] = found
	return found
}

// withoutBottom returns a stack without the runtime's functions that call the first
// one of a goroutine.
func withoutBottom(stack []delve.Location) []delve.Location {
	for len(stack) > 1 {
		switch stack[len(stack)-1].Name() {
		case "runtime.goexit", "runtime.main", "":
			stack = stack[:len(stack)-1]
			continue
		}
		break
	}
	return stack
}
