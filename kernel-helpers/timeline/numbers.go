package timeline

import (
	"cmp"
	"slices"
	"time"
)

// Numbers are the figures of a [Run]. They count the run's workers: the
// goroutines started within the function, and also the function's own goroutine
// if it started none or waited for the network itself. In a Run of several
// processes they cover all of them.
type Numbers struct {
	Wall time.Duration

	// A worker is in flight while it is inside a region (see [Task]). In a run
	// without regions, it is in flight while it works: it runs, is ready to
	// run, is in a system call, waits for the network or sleeps, but doesn't
	// wait for another goroutine. If any worker waited for the network, only
	// stretches of work with such a wait count. So a worker whose request is
	// being answered is in flight, and a worker that waits for its turn is not.
	MostInFlight    int
	AverageInFlight float64
	ByRegions       bool // regions determine what is in flight

	// Shares of the workers' time, from 0 to 1, with a sum of 1: waiting (also
	// in a system call that gave up its processor), running (also in short
	// system calls and for the garbage collector), ready to run.
	Waiting, Running, Runnable float64

	// Processors that ran goroutines of any kind, including the runtime's.
	AverageBusy float64
	MostBusy    int
	Processors  int // that a process may use (GOMAXPROCS)
	Processes   int

	Started   int // goroutines started within the function
	Libraries int // goroutines started by libraries, as net/http does for a connection
	Switches  int // how often a processor took up a goroutine of the run
	Left      int // started goroutines that existed when the function returned

	Longest      time.Duration // the longest wait of a worker
	LongestState State         // what it waited for; [Absent] if no worker waited
	LongestIn    string        // the function that waited, or "" if unknown
}

// Numbers computes the figures. It takes some 10 ns for each change of a state.
func (r *Run) Numbers() Numbers {
	n := Numbers{Wall: r.Wall(), Processes: len(r.processes)}
	workers := r.workers()
	var flights, busy []interval
	var waiting, running, runnable int64

	anyRegion, anyNetwork := false, false
	for _, l := range workers {
		anyRegion = anyRegion || len(l.regions) > 0
		anyNetwork = anyNetwork || l.networks()
	}
	n.ByRegions = anyRegion
	for _, l := range workers {
		switch {
		case anyRegion:
			flights = append(flights, l.regions...)
		default:
			flights = append(flights, l.underWay(anyNetwork)...)
		}
		for _, s := range l.spans {
			switch {
			case s.waiting():
				waiting += s.length()
				if d := time.Duration(s.length()); d > n.Longest {
					n.Longest, n.LongestState, n.LongestIn = d, s.state, r.places[s.place].function
				}
			case s.state == Runnable:
				runnable += s.length()
			default:
				running += s.length()
			}
		}
	}
	for _, p := range r.processes {
		n.Processors = max(n.Processors, p.processors)
		for _, l := range p.lanes {
			for _, s := range l.spans {
				if s.busy() {
					busy = append(busy, interval{s.from, s.to})
				}
			}
			switch l.kind {
			case root, older:
				n.Switches += l.switches
			case started:
				n.Started++
				n.Switches += l.switches
				if l.final.state != Absent {
					n.Left++
				}
			case library:
				n.Libraries++
				n.Switches += l.switches
			}
		}
	}
	if all := float64(waiting + running + runnable); all > 0 {
		n.Waiting, n.Running, n.Runnable = float64(waiting)/all, float64(running)/all, float64(runnable)/all
	}
	n.MostInFlight, n.AverageInFlight = overlap(flights, r.wall)
	n.MostBusy, n.AverageBusy = overlap(busy, r.wall)
	return n
}

// workers returns the lanes that the numbers count.
func (r *Run) workers() []*lane {
	var workers, roots []*lane
	for i := range r.processes {
		lanes := r.processes[i].lanes
		for j := range lanes {
			switch l := &lanes[j]; {
			case l.kind == started, l.kind == older, l.kind == root && (i > 0 || l.networks() || len(l.regions) > 0):
				workers = append(workers, l)
			case l.kind == root:
				roots = append(roots, l)
			}
		}
	}
	if len(workers) == 0 {
		return roots
	}
	return workers
}

func (l *lane) networks() bool {
	return slices.ContainsFunc(l.spans, func(s span) bool { return s.state == Network })
}

// underWay returns the lane's time without its waits for other goroutines, in
// stretches. If network is set, it returns only stretches that waited for the
// network, from when they first ran until the last such wait was over: the work
// after that is on data that has arrived, and the next worker may already have
// been let through.
func (l *lane) underWay(network bool) []interval {
	var out []interval
	for i := 0; i < len(l.spans); {
		if l.spans[i].state.waitsForOthers() || network && l.spans[i].state == Runnable {
			i++
			continue
		}
		at := l.spans[i].from
		stretch := interval{at, at}
		for i < len(l.spans) && l.spans[i].from == at && !l.spans[i].state.waitsForOthers() {
			at = l.spans[i].to
			if !network || l.spans[i].state == Network {
				stretch.to = at
			}
			i++
		}
		if stretch.to > stretch.from {
			out = append(out, stretch)
		}
	}
	return out
}

// overlap returns the maximum number of intervals that contain the same moment,
// and their average number over wall. Intervals that only touch don't overlap.
func overlap(all []interval, wall int64) (most int, average float64) {
	type edge struct {
		at   int64
		step int
	}
	edges := make([]edge, 0, 2*len(all))
	var sum int64
	for _, i := range all {
		if i.to > i.from {
			edges = append(edges, edge{i.from, +1}, edge{i.to, -1})
			sum += i.to - i.from
		}
	}
	slices.SortFunc(edges, func(a, b edge) int { return cmp.Or(cmp.Compare(a.at, b.at), a.step-b.step) })
	now := 0
	for _, e := range edges {
		now += e.step
		most = max(most, now)
	}
	if wall > 0 {
		average = float64(sum) / float64(wall)
	}
	return most, average
}
