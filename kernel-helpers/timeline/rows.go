package timeline

import "fmt"

// A row is one lane of a picture.
type row struct {
	label string
	group string // successive rows of the same group share a heading
	spans []span
	id    int64
}

// A section is the rows of one process.
type section struct {
	name string
	rows []row
}

// sections returns the lanes of goroutines or of processors.
func (r *Run) sections(o settings) []section {
	var out []section
	for i := range r.processes {
		p := &r.processes[i]
		s := section{}
		if len(r.processes) > 1 {
			s.name = p.title(i)
		}
		if o.processors {
			s.rows = p.processorRows()
		} else {
			s.rows = p.goroutineRows()
		}
		out = append(out, s)
	}
	return out
}

// title returns the name of the process among several.
func (p *process) title(i int) string {
	switch {
	case p.name != "":
		return p.name
	case i == 0:
		return "this process"
	}
	return fmt.Sprintf("process %d", i)
}

func (p *process) goroutineRows() []row {
	labels := p.labels()
	rows := make([]row, 0, len(labels))
	for i, label := range labels { // the drawn lanes come first
		l := &p.lanes[i]
		rows = append(rows, row{label: label, group: l.name, spans: l.spans, id: l.id})
	}
	return rows
}

// processorRows returns when each processor ran a goroutine of the run, and
// when it ran one of the runtime or the collector (shown as [GC]).
func (p *process) processorRows() []row {
	most := int32(p.processors) - 1
	for _, l := range p.lanes {
		for _, s := range l.spans {
			most = max(most, s.proc)
		}
	}
	rows := make([]row, min(most, mostProcessors-1)+1)
	for i := range rows {
		rows[i] = row{label: fmt.Sprintf("processor %d", i), group: fmt.Sprint(i), id: int64(-1 - i)}
	}
	for _, l := range p.lanes {
		for _, s := range l.spans {
			if !s.busy() || s.proc < 0 || int(s.proc) >= len(rows) {
				continue
			}
			if l.kind == foreign {
				s.state = GC
			} else if s.state == Syscall {
				s.state = Running
			}
			r := &rows[s.proc]
			r.spans = append(r.spans, s)
		}
	}
	return rows
}

// mostProcessors is the maximum number of processors drawn. There are machines
// with more, but no screens that show them.
const mostProcessors = 128
