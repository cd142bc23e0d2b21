package debugger

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/debugger/delve"
	"example.com/speedup/kernel-helpers/internal/waits"
)

// A handle is what an id of a front end stands for until the program goes on: a
// frame, or something with parts.
type handle struct {
	isFrame   bool
	goroutine int64
	frame     int

	list func(context.Context) ([]Variable, error)
}

// handle returns a new id. Ids are never used again, because JupyterLab takes a
// frame with the id of an earlier one for the same.
func (d *Debugger) handle(h handle) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids++
	d.handles[d.ids] = h
	return d.ids
}

// listing returns the reference of something that lists its parts.
func (d *Debugger) listing(list func(context.Context) ([]Variable, error)) int {
	return d.handle(handle{list: list})
}

// locals lists the parameters and the local variables of a frame.
func (d *Debugger) locals(ctx context.Context, s delve.EvalScope) ([]Variable, error) {
	p, _, err := d.standing()
	if err != nil {
		return nil, err
	}
	found, err := p.frameVariables(ctx, s)
	if err != nil {
		return nil, err
	}
	var list []Variable
	for _, v := range found {
		name := v.Name
		if v.Flags&delve.Shadowed != 0 {
			name = "(" + name + ")"
		}
		shown := d.variable(s, name, v)
		if v.Flags&delve.Shadowed == 0 {
			shown.EvaluateName = v.Name
		}
		list = append(list, shown)
	}
	return list, nil
}

// maxGlobals is how many variables of the package are shown.
const maxGlobals = 200

// globals lists the variables that cells declare.
func (d *Debugger) globals(ctx context.Context) ([]Variable, error) {
	p, _, err := d.standing()
	if err != nil {
		return nil, err
	}
	snap, err := d.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	pkg := snap.pkg() + "."
	var names []string
	for _, code := range d.Cells() {
		names = append(names, d.read(code).Variables...)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var list []Variable
	scope := delve.EvalScope{GoroutineID: -1}
	for _, name := range names[:min(len(names), maxGlobals)] {
		if v, err := p.client.Eval(ctx, scope, pkg+name, usual); err == nil { // or no program declares it any more
			shown := d.variable(scope, name, v)
			shown.EvaluateName = name
			list = append(list, shown)
		}
	}
	return list, nil
}

// variable shows a variable.
func (d *Debugger) variable(s delve.EvalScope, name string, v delve.Variable) Variable {
	shown := Variable{Name: name, Value: summary(v, 2), Type: typeName(v.Type)}
	d.mu.Lock()
	terse := d.terse
	d.mu.Unlock()
	if terse && shown.Type != "int" && shown.Type != "bool" {
		shown.Type = "" // JupyterLab's tree shows the type of any other in place of its value
	}
	if expandable(v) {
		shown.Reference = d.listing(func(ctx context.Context) ([]Variable, error) { return d.parts(ctx, s, v) })
	}
	return shown
}

// chunk is how many elements are read and shown at once.
const chunk = 64

// parts lists the parts of a variable.
func (d *Debugger) parts(ctx context.Context, s delve.EvalScope, v delve.Variable) ([]Variable, error) {
	switch v.Kind {
	case reflect.Pointer:
		if isNil(v) {
			return nil, nil
		}
		to := v.Children[0]
		if to.Kind == reflect.Struct || to.Kind == reflect.Array {
			return d.parts(ctx, s, to)
		}
		to, err := d.reload(ctx, s, to)
		if err != nil {
			return nil, err
		}
		return []Variable{d.variable(s, "*", to)}, nil
	case reflect.Interface:
		return d.parts(ctx, s, v.Children[0])
	}
	if needsReload(v) {
		fresh, err := d.reload(ctx, s, v)
		if err != nil {
			return nil, err
		}
		v = fresh
	}
	switch v.Kind {
	case reflect.Struct:
		var list []Variable
		for _, c := range v.Children {
			if c.Name != "_" {
				list = append(list, d.variable(s, c.Name, c))
			}
		}
		return list, nil
	case reflect.Slice, reflect.Array, reflect.Map, reflect.String:
		return d.elements(ctx, s, v, 0, v.Len)
	case reflect.Chan:
		return d.buffered(ctx, s, v)
	}
	return nil, nil
}

// needsReload reports whether the parts of a variable weren't all read.
func needsReload(v delve.Variable) bool {
	switch v.Kind {
	case reflect.Struct:
		return int64(len(v.Children)) < v.Len || slices.ContainsFunc(v.Children, func(c delve.Variable) bool { return c.OnlyAddr })
	case reflect.Chan:
		return len(v.Children) == 0
	}
	return v.Len > 0 && len(v.Children) == 0 && v.Kind != reflect.String
}

// reload reads a variable again, with its parts.
func (d *Debugger) reload(ctx context.Context, s delve.EvalScope, v delve.Variable) (delve.Variable, error) {
	p, _, err := d.standing()
	if err != nil {
		return v, err
	}
	if v.Addr == 0 {
		return v, nil
	}
	return p.client.Eval(ctx, s, atAddress(v), usual)
}

// atAddress returns an expression for a variable.
func atAddress(v delve.Variable) string { return fmt.Sprintf("*(*%q)(%#x)", v.Type, v.Addr) }

// elements lists the elements of v from one index to another. If there are many,
// they are shown in parts.
func (d *Debugger) elements(ctx context.Context, s delve.EvalScope, v delve.Variable, from, to int64) ([]Variable, error) {
	if to-from > chunk {
		size := int64(chunk)
		for (to-from+size-1)/size > chunk {
			size *= chunk
		}
		var list []Variable
		for ; from < to; from += size {
			end := min(from+size, to)
			list = append(list, Variable{
				Name: fmt.Sprintf("[%d:%d]", from, end), Value: fmt.Sprintf("%d elements", end-from),
				Reference: d.listing(func(ctx context.Context) ([]Variable, error) { return d.elements(ctx, s, v, from, end) }),
			})
		}
		return list, nil
	}
	read := v.Children
	if from > 0 || int64(len(read)) < to && v.Kind != reflect.Map || v.Kind == reflect.Map && int64(len(read)) < 2*to {
		p, _, err := d.standing()
		if err != nil {
			return nil, err
		}
		part, err := p.client.Eval(ctx, s, fmt.Sprintf("(%s)[%d:%d]", atAddress(v), from, to), usual)
		if v.Kind == reflect.Map {
			part, err = p.client.Eval(ctx, s, fmt.Sprintf("(%s)[%d:]", atAddress(v), from), usual)
		}
		if err != nil {
			return nil, err
		}
		if v.Kind == reflect.String {
			return []Variable{{Name: "text", Value: quoted(part)}}, nil
		}
		read = part.Children
	}
	var list []Variable
	if v.Kind == reflect.Map {
		for i := 0; i+1 < len(read) && int64(len(list)) < to-from; i += 2 {
			list = append(list, d.variable(s, summary(read[i], 1), read[i+1]))
		}
		return list, nil
	}
	for i, c := range read[:min(int64(len(read)), to-from)] {
		list = append(list, d.variable(s, fmt.Sprintf("[%d]", from+int64(i)), c))
	}
	return list, nil
}

// buffered lists what is in a channel, in the order in which it will be received,
// and who waits at it.
func (d *Debugger) buffered(ctx context.Context, s delve.EvalScope, v delve.Variable) ([]Variable, error) {
	p, _, err := d.standing()
	if err != nil {
		return nil, err
	}
	var list []Variable
	count, size, first := number(v.Path("qcount")), number(v.Path("dataqsiz")), number(v.Path("recvx"))
	if buf := v.Path("buf"); !isNil(buf) {
		for i := range min(count, chunk) {
			element, err := p.client.Eval(ctx, s, fmt.Sprintf("(%s)[%d]", atAddress(buf.Children[0]), (first+i)%size), usual)
			if err != nil {
				return nil, err
			}
			list = append(list, d.variable(s, fmt.Sprintf("[%d]", i), element))
		}
		if count > chunk {
			list = append(list, Variable{Name: "…", Value: fmt.Sprintf("%d more", count-chunk)})
		}
	}
	list = append(list, Variable{Name: "len", Value: fmt.Sprint(count)}, Variable{Name: "cap", Value: fmt.Sprint(size)},
		Variable{Name: "closed", Value: fmt.Sprint(number(v.Path("closed")) != 0)})
	if snap, err := d.snapshot(ctx); err == nil {
		if n := snap.waiting(v.Base); n > 0 {
			list = append(list, Variable{Name: "waiting", Value: fmt.Sprintf("%d goroutines", n)})
		}
	}
	return list, nil
}

// goroutines lists the program's goroutines.
func (d *Debugger) goroutines(ctx context.Context) ([]Variable, error) {
	_, s, err := d.standing()
	if err != nil {
		return nil, err
	}
	snap, err := d.snapshot(ctx)
	if err != nil {
		return nil, err
	}
	var list []Variable
	if snap.deadlock != "" {
		list = append(list, Variable{Name: "!", Value: snap.deadlock})
	}
	for _, g := range snap.groups {
		if len(g.members) == 1 {
			list = append(list, d.waiter(g.members[0], s))
			continue
		}
		current := ""
		if slices.ContainsFunc(g.members, func(w *waiter) bool { return w.id == s.goroutine }) {
			current = "▶ "
		}
		list = append(list, Variable{
			Name: fmt.Sprintf("%s%d goroutines", current, len(g.members)), Value: g.state + " · " + g.place,
			Reference: d.listing(func(context.Context) ([]Variable, error) {
				return append([]Variable{{Name: "all", Value: g.state}, {Name: "at", Value: g.place}}, d.waiters(g.members, s)...), nil
			}),
		})
	}
	if len(snap.system) > 0 {
		list = append(list, Variable{
			Name: "runtime", Value: fmt.Sprintf("%d goroutines", len(snap.system)),
			Reference: d.listing(func(context.Context) ([]Variable, error) { return d.waiters(snap.system, s), nil }),
		})
	}
	return list, nil
}

// waiters lists goroutines, in parts if there are many.
func (d *Debugger) waiters(members []*waiter, s *stop) (list []Variable) {
	const many = 100
	if len(members) > many {
		for part := range slices.Chunk(members, max(many, (len(members)+many-1)/many)) {
			list = append(list, Variable{
				Name: fmt.Sprintf("%d … %d", part[0].id, part[len(part)-1].id), Value: fmt.Sprintf("%d goroutines", len(part)),
				Reference: d.listing(func(context.Context) ([]Variable, error) { return d.waiters(part, s), nil }),
			})
		}
		return list
	}
	for _, w := range members {
		list = append(list, d.waiter(w, s))
	}
	return list
}

// waiter shows one goroutine.
func (d *Debugger) waiter(w *waiter, s *stop) Variable {
	current := ""
	if w.id == s.goroutine {
		current = "▶ "
	}
	value := w.state + " · " + place(w.where)
	if w.id == deref(s.state.CurrentThread).GoroutineID && w.status != gWaiting {
		value = "here · " + place(w.where)
	}
	if w.created.Line > 0 {
		value += " · started at " + place(w.created)
	}
	return Variable{
		Name: fmt.Sprintf("%s%d %s", current, w.id, w.name), Value: value,
		Reference: d.listing(func(ctx context.Context) ([]Variable, error) { return d.frames(ctx, w) }),
	}
}

// frames lists what a goroutine does and its frames, each of which has its local
// variables.
func (d *Debugger) frames(ctx context.Context, w *waiter) (list []Variable, err error) {
	list = append(list, Variable{Name: "state", Value: w.state}) // the line before may be cut
	if w.created.Line > 0 {
		list = append(list, Variable{Name: "started at", Value: place(w.created)})
	}
	p, _, err := d.standing()
	if err != nil {
		return nil, err
	}
	stack, err := p.client.Stacktrace(ctx, w.id, maxDepth) // with inlined calls, as Delve numbers frames
	if err != nil {
		return nil, err
	}
	stack = withoutBottom(stack)
	for i, l := range stack {
		if i < standing(stack) && waits.IsLow(l.Name()) || i > 0 && wrapper.MatchString(l.Name()) {
			continue
		}
		scope := delve.EvalScope{GoroutineID: w.id, Frame: i}
		list = append(list, Variable{
			Name: shortFunction(l.Name()), Value: place(l),
			Reference: d.listing(func(ctx context.Context) ([]Variable, error) { return d.locals(ctx, scope) }),
		})
	}
	return list, nil
}

// layOut returns a value with its parts in lines of their own.
func layOut(v delve.Variable) string {
	var out strings.Builder
	lay(&out, v, "")
	return out.String()
}

func lay(out *strings.Builder, v delve.Variable, indent string) {
	switch v.Kind {
	case reflect.Pointer:
		if !isNil(v) && v.Children[0].Kind == reflect.Struct && len(v.Children[0].Children) > 0 {
			out.WriteString("&")
			lay(out, v.Children[0], indent)
			return
		}
	case reflect.Interface:
		if len(v.Children) > 0 && expandable(v.Children[0]) {
			lay(out, v.Children[0], indent)
			return
		}
	case reflect.Struct, reflect.Slice, reflect.Array, reflect.Map:
		if _, isSpecial := special(v); isSpecial || len(v.Children) == 0 {
			break
		}
		out.WriteString(typeName(v.Type) + " {\n")
		inner := indent + "    "
		for i := 0; i < len(v.Children); i++ {
			out.WriteString(inner)
			switch v.Kind {
			case reflect.Struct:
				out.WriteString(v.Children[i].Name + ": ")
			case reflect.Map:
				out.WriteString(summary(v.Children[i], 1) + ": ")
				i++
			}
			if i < len(v.Children) {
				lay(out, v.Children[i], inner)
			}
			out.WriteString(",\n")
		}
		if shown := int64(len(v.Children)); v.Kind != reflect.Struct && v.Kind != reflect.Map && shown < v.Len {
			fmt.Fprintf(out, "%s… and %d more\n", inner, v.Len-shown)
		}
		out.WriteString(indent + "}")
		return
	}
	out.WriteString(describe(v, 2))
}
