package timeline

import "slices"

// Merge puts the runs of several processes on one machine on a common clock.
// The picture shows the time of the first run; what the others did before and
// after it is left out. Runs of the same process become one group of lanes.
func Merge(first *Run, others ...*Run) *Run {
	m := &Run{wall: first.wall, clock: first.clock, cut: first.cut, processes: slices.Clone(first.processes), places: slices.Clone(first.places)}
	at := map[int]int{}
	if pid := m.processes[0].pid; pid != 0 {
		at[pid] = 0
	}
	for _, o := range sorted(others) {
		base := int32(len(m.places))
		m.places = append(m.places, o.places...)
		for i := range o.processes {
			p := o.processes[i].shifted(o.clock-m.clock, m.wall, base)
			into, known := at[p.pid]
			if !known || p.pid == 0 {
				at[p.pid] = len(m.processes)
				m.processes = append(m.processes, p)
				continue
			}
			m.processes[into].join(p)
		}
	}
	return m
}

// sorted returns the runs in the order of their begins.
func sorted(runs []*Run) []*Run {
	return slices.SortedStableFunc(slices.Values(runs), func(a, b *Run) int { return int(min(max(a.clock-b.clock, -1), 1)) })
}

// shifted returns the process with its times moved by by, cut to wall, and its
// places moved by base.
func (p process) shifted(by, wall int64, base int32) process {
	lanes := slices.Clone(p.lanes)
	for i := range lanes {
		l := &lanes[i]
		l.spans, l.regions = slices.Clone(l.spans), slices.Clone(l.regions)
		for j := range l.spans {
			s := &l.spans[j]
			s.from, s.to, s.place = s.from+by, s.to+by, s.place+base
		}
		for j := range l.regions {
			l.regions[j].from, l.regions[j].to = l.regions[j].from+by, l.regions[j].to+by
		}
		l.start, l.end = l.start+by, l.end+by
		l.final.place += base
		l.clip(0, wall)
	}
	p.lanes = lanes
	p.wakes = slices.Clone(p.wakes)
	for i := range p.wakes {
		p.wakes[i].at += by
	}
	return p
}

// join adds a later recording of the same process. A goroutine that is in both
// recordings continues in its lane.
func (p *process) join(later process) {
	at := map[int64]int{}
	for i, l := range p.lanes {
		at[l.id] = i
	}
	for _, l := range later.lanes {
		i, known := at[l.id]
		if !known {
			p.lanes = append(p.lanes, l)
			continue
		}
		old := &p.lanes[i]
		if l.kind < old.kind {
			old.kind, old.name = l.kind, l.name
		}
		old.spans = append(old.spans, l.spans...)
		old.regions = append(old.regions, l.regions...)
		old.end, old.ended, old.final = l.end, l.ended, l.final
		old.switches += l.switches
	}
	p.wakes = append(p.wakes, later.wakes...)
	p.processors = max(p.processors, later.processors)
	p.order()
}

// readAll returns a Run of this process's trace and its children's.
func readAll(raw []byte, children [][]byte, overflowed bool) (*Run, error) {
	run, err := Read(raw)
	if run == nil {
		return nil, err
	}
	if overflowed {
		run.cut = "the trace grew too large: the picture ends where recording stopped"
		err = nil
	}
	var others []*Run
	for _, child := range children {
		r, childErr := Read(child)
		if r == nil {
			if err == nil {
				err = childErr
			}
			continue
		}
		others = append(others, r)
	}
	if len(others) == 0 {
		return run, err
	}
	return Merge(run, others...), err
}
