package debugger

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/cell"
	"example.com/speedup/kernel-helpers/internal/debugger/delve"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// cellFile returns the name that a cell has as a file of a program.
func cellFile(number int) string { return cell.FileName(number) }

// cellNumber returns the number of the cell that a file of a program is.
func cellNumber(file string) (number int, isCell bool) {
	digits, isCell := strings.CutPrefix(file[strings.LastIndexByte(file, '/')+1:], "cell ")
	if !isCell {
		return 0, false
	}
	number, err := strconv.Atoi(digits)
	return number, err == nil && number >= 0
}

// place returns a location in words: "cell 3, line 8", or a function's name and its
// file.
func place(l delve.Location) string {
	if _, isCell := cellNumber(l.File); isCell {
		return path.Base(l.File) + ", line " + strconv.Itoa(l.Line)
	}
	return shortFunction(l.Name()) + " (" + path.Base(l.File) + ":" + strconv.Itoa(l.Line) + ")"
}

// shortFunction returns the name of a function without the path of its package, and
// without the package if that is the cells'.
func shortFunction(name string) string {
	if i := strings.LastIndexByte(strings.SplitN(name, "[", 2)[0], '/'); i >= 0 {
		name = name[i+1:]
	}
	if at := inMain.FindStringIndex(name); at != nil && at[0] == 0 {
		name = name[at[1]:]
	}
	return name
}

// A snapshot is the goroutines of a program at a stop.
type snapshot struct {
	groups []*group
	system []*waiter // of the runtime
	// deadlock describes goroutines that wait for each other, or is "".
	deadlock string
	holds    []hold
	locks    map[uint64]string // names of channels and semaphores
	user     []*waiter
}

// A waiter is a goroutine with what it does in words.
type waiter struct {
	goroutine
	name  string
	state string
	where delve.Location // in a cell if possible
	frame int            // of where, in the stack
}

// A group is goroutines that do the same in the same place, about the same channel
// or lock.
type group struct {
	state   string
	place   string
	members []*waiter
}

// A sourceOf returns what the text of the cell with a number says, or nil.
type sourceOf func(number int) *waits.Source

// takeSnapshot reads all goroutines. asleep says that the runtime has found that none
// of them can go on.
func (p *program) takeSnapshot(ctx context.Context, read sourceOf, asleep bool) (*snapshot, error) {
	list, err := p.readGoroutines(ctx)
	if err != nil {
		return nil, err
	}
	s := &snapshot{locks: map[uint64]string{}}
	for _, g := range list {
		p.attribute(ctx, &g)
		w := &waiter{goroutine: g, name: name(g)}
		w.frame = standing(g.stack)
		if w.frame < len(g.stack) {
			w.where = g.stack[w.frame]
		}
		if isSystem(g) {
			w.state = state(w.goroutine, "")
			s.system = append(s.system, w)
			continue
		}
		about := ""
		if number, isCell := cellNumber(w.where.File); isCell && direct(g.stack[:w.frame]) {
			if src := read(number); src != nil {
				about = src.About(w.where.Line, g.reason)
			}
		}
		if about != "" && len(g.objects) == 1 {
			s.locks[g.objects[0]] = about
		}
		w.state = state(w.goroutine, about)
		s.user = append(s.user, w)
	}
	s.group()
	p.findDeadlock(ctx, s, read, asleep)
	return s, nil
}

// attribute gives a goroutine that another package has started for a cell, as
// WaitGroup.Go does, the cell's function as its own. Where it was started isn't known
// then.
func (p *program) attribute(ctx context.Context, g *goroutine) {
	if inCell(g.start) || g.start.Name() == "runtime.main" {
		return
	}
	for _, l := range slices.Backward(g.stack) {
		if inCell(l) && l.Function != nil {
			g.start, g.created = p.location(ctx, l.Function.Value), delve.Location{}
			return
		}
	}
}

// name names a goroutine: by its label, or else by the function that it runs.
func name(g goroutine) string {
	if g.label != "" {
		return g.label
	}
	function := g.start.Name()
	switch {
	case function == "runtime.main":
		return "main"
	case literal.MatchString(function):
		return "func at " + place(g.start)
	}
	return shortFunction(function)
}

// literal matches the names of function literals.
var literal = regexp.MustCompile(`\.func\d+(\.\d+)*$|\.gowrap\d+$`)

// isSystem reports whether a goroutine is the runtime's own.
func isSystem(g goroutine) bool {
	function := g.start.Name()
	return strings.HasPrefix(function, "runtime.") && function != "runtime.main"
}

// inCell reports whether a location is in a cell.
func inCell(l delve.Location) bool {
	_, isCell := cellNumber(l.File)
	return isCell
}

// standing returns the frame by which a goroutine is described: the innermost in a
// cell, or else the innermost outside of the runtime.
func standing(stack []delve.Location) int {
	if i := slices.IndexFunc(stack, inCell); i >= 0 {
		return i
	}
	return max(0, slices.IndexFunc(stack, func(l delve.Location) bool { return !waits.IsLow(l.Name()) }))
}

// direct reports whether the frames above one lead only through what waiting is
// made of.
func direct(above []delve.Location) bool {
	return !slices.ContainsFunc(above, func(l delve.Location) bool { return !waits.IsLow(l.Name()) })
}

// state returns in words what a goroutine does. about is what its line is about.
func state(g goroutine, about string) string {
	switch g.status {
	case gRunnable:
		return "ready to run"
	case gRunning:
		return "running"
	case gSyscall:
		return "in a system call"
	case gWaiting:
		return waits.State(g.reason, about)
	}
	return "between two states"
}

// group sorts goroutines into groups: the largest come last, as single goroutines
// are looked at first.
func (s *snapshot) group() {
	byKey := map[string]*group{}
	for _, w := range s.user {
		if len(w.objects) == 1 && s.locks[w.objects[0]] != "" && !strings.Contains(w.state, s.locks[w.objects[0]]) {
			w.state = state(w.goroutine, s.locks[w.objects[0]]) // named by another goroutine
		}
		key := fmt.Sprint(w.state, w.objects, w.where.File, w.where.Line)
		if w.status != gWaiting || len(w.objects) == 0 && !strings.HasPrefix(w.state, "waiting for ever") {
			key = fmt.Sprint(w.state, w.where.File, w.where.Line)
		}
		g := byKey[key]
		if g == nil {
			g = &group{state: w.state, place: place(w.where)}
			byKey[key] = g
			s.groups = append(s.groups, g)
		}
		g.members = append(g.members, w)
	}
	for _, g := range s.groups {
		slices.SortFunc(g.members, func(a, b *waiter) int { return cmp.Compare(a.id, b.id) })
	}
	slices.SortStableFunc(s.groups, func(a, b *group) int { return cmp.Compare(a.members[0].id, b.members[0].id) })
}

// pkg returns the path of the cells' package, as the program's functions say it.
func (s *snapshot) pkg() string {
	for _, w := range s.user {
		if name := w.where.Name(); inCell(w.where) && inMain.MatchString(name) {
			pkg, _, _ := strings.Cut(name, ".")
			return pkg
		}
	}
	return "main"
}

// find returns a goroutine.
func (s *snapshot) find(id int64) *waiter {
	for _, w := range s.user {
		if w.id == id {
			return w
		}
	}
	for _, w := range s.system {
		if w.id == id {
			return w
		}
	}
	return nil
}

// waiting returns how many goroutines wait for a channel or a lock.
func (s *snapshot) waiting(addr uint64) (n int) {
	for _, w := range s.user {
		if slices.Contains(w.objects, addr) {
			n++
		}
	}
	return n
}

// interesting returns the goroutine to show when a program has been paused: the
// current one if it is in a cell, or else the first that is.
func (p *program) interesting(s *stop) int64 {
	ctx, cancel := context.WithTimeout(p.ctx, requestWithin)
	defer cancel()
	snap, err := p.takeSnapshot(ctx, p.d.source, s.asleep())
	if err != nil {
		p.d.log.Info("debugger: read goroutines", "err", err)
		return cmp.Or(s.goroutine, 1)
	}
	s.snapshot = snap
	if w := snap.find(s.goroutine); w != nil && inCell(w.where) {
		return s.goroutine
	}
	for _, g := range snap.groups {
		if inCell(g.members[0].where) {
			return g.members[0].id
		}
	}
	return cmp.Or(s.goroutine, 1)
}
