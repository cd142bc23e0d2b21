package bench

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// Work is a number of downloads or of steps that several sides do. Its first
// side is Go's, with which the others are compared.
type Work struct {
	Name      string `json:"name"` // for --only
	Title     string `json:"title"`
	Downloads int    `json:"downloads"`
	Blog      bool   `json:"-"` // the pages are the blog's
	Chunk     int    `json:"-"` // URLs or tasks that a process takes at a time, where the way says so
	InGrowth  bool   `json:"-"` // Go's figures make a row of the growth table
	// Steps instead of downloads: numbers, ranges, starts, tasks or switches.
	Steps  int    `json:"steps,omitempty"`
	First  int    `json:"-"`              // of [Job]
	Answer string `json:"-"`              // what each side must find
	Unit   Unit   `json:"unit,omitempty"` // in which tables show a time
	Runs   int    `json:"-"`              // unless another number is asked for; 0 is DefaultRuns
	Sides  []Side `json:"-"`
	Musts  []Must `json:"-"`
}

// DefaultRuns is how many times each side is run.
const DefaultRuns = 3

// Unit is what times of a work with steps are shown in.
type Unit string

// The units; all but InAll are times a step.
const (
	InAll        Unit = "s"
	Milliseconds Unit = "ms"
	Microseconds Unit = "µs"
	Nanoseconds  Unit = "ns"
)

// times is what the seconds of so many steps are multiplied by to have them in
// the unit.
func (u Unit) times(steps int) float64 {
	perSecond := map[Unit]float64{Milliseconds: 1e3, Microseconds: 1e6, Nanoseconds: 1e9}[u]
	if perSecond == 0 || steps == 0 {
		return 1
	}
	return perSecond / float64(steps)
}

// Side is one way to do a work.
type Side struct {
	Name    string // unique in its work
	Title   string // as tables name it
	Way     string // of [Job]
	Package string // the Python package that it needs, or one of those below; "" for Go
	Workers int    // most downloads in flight, or processes; 0 is no limit
	Long    bool   // only when asked for: takes long, or much memory
}

const (
	pythonAlone = "python" // a Python side that needs no package
	inC         = "cc"     // a side that needs a C compiler
)

func (s Side) isGo() bool { return s.Package == "" }

// limit is the time that no client can beat with so many workers, when each
// answer takes latency.
func (s Side) limit(downloads int, latency time.Duration) time.Duration {
	if downloads == 0 {
		return 0
	}
	workers := s.Workers
	if workers == 0 {
		workers = downloads
	}
	return time.Duration(math.Ceil(float64(downloads)/float64(workers))) * latency
}

// openFiles is how many descriptors the side or the server may need: a
// connection a worker, and some to spare for the process itself.
func (s Side) openFiles(downloads int) int {
	const spare = 64
	if s.Workers == 0 {
		return downloads + spare
	}
	return min(s.Workers, downloads) + spare
}

// sizer picks the full or the quick size.
type sizer func(full, small int) int

// Works are the measured works. Quick ones are small, for tests: they show that
// every side works and does the same, and their figures mean nothing.
func Works(quick bool) []Work {
	size := func(full, small int) int {
		if quick {
			return small
		}
		return full
	}
	var (
		few      = size(160, 20)
		thousand = size(1_000, 64)
		many     = size(10_000, 128)
		most     = size(100_000, 256)
		inFlight = size(500, 32)
		ofMost   = size(2_000, 64)
		threads  = size(100, 8)
		aiohttps = size(100, 16) // aiohttp's default limit
	)
	return slices.Concat([]Work{
		{
			Name: "sequential", Title: fmt.Sprintf("%s one after another", count(few)), Downloads: few,
			Sides: []Side{
				{Name: "go", Title: "Go http.Client", Way: wayLoop, Workers: 1},
				{Name: "requests", Title: "requests.Session", Way: wayRequestsSession, Package: "requests", Workers: 1},
			},
			Musts: []Must{withinLimit(1.03)},
		},
		{
			Name: "workers", Title: fmt.Sprintf("%s on 5 workers", count(few)), Downloads: few,
			Sides: []Side{
				{Name: "go", Title: "Go pooled goroutines", Way: wayPool, Workers: 5},
				{Name: "ThreadPoolExecutor", Title: "ThreadPoolExecutor(5)", Way: wayThreadPool, Package: "requests", Workers: 5},
			},
			Musts: []Must{withinLimit(1.05), fasterThan("ThreadPoolExecutor")},
		},
		{
			Name: "fan-out", Title: fmt.Sprintf("%s fanned out", count(few)), Downloads: few, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go goroutines", Way: wayFanOut},
				{Name: "aiohttp", Title: "aiohttp, no limit", Way: wayAiohttpGather, Package: "aiohttp"},
				{Name: "aiohttp-default", Title: fmt.Sprintf("aiohttp, limit %d (default)", aiohttps), Way: wayAiohttpGather, Package: "aiohttp", Workers: aiohttps},
			},
			Musts: []Must{withinLimit(1.6), fasterThan("aiohttp")},
		},
		{
			Name: "1000", Title: fmt.Sprintf("%s, %s in flight", count(thousand), count(inFlight)), Downloads: thousand, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go pooled goroutines", Way: wayPool, Workers: inFlight},
			},
		},
		{
			Name: "10000", Title: fmt.Sprintf("%s, %s in flight", count(many), count(inFlight)), Downloads: many, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go pooled goroutines", Way: wayPool, Workers: inFlight},
				{Name: "aiohttp", Title: fmt.Sprintf("aiohttp, limit %d", inFlight), Way: wayAiohttpGather, Package: "aiohttp", Workers: inFlight},
				{Name: "aiohttp-tasks", Title: fmt.Sprintf("aiohttp, %d tasks", inFlight), Way: wayAiohttpTasks, Package: "aiohttp", Workers: inFlight},
				{Name: "ThreadPoolExecutor", Title: fmt.Sprintf("ThreadPoolExecutor(%d)", threads), Way: wayThreadPool, Package: "requests", Workers: threads},
			},
			Musts: []Must{withinLimit(1.2), timeOf("aiohttp", 0.55), memoryOf("aiohttp", 1.0/3, "a third")},
		},
		{
			Name: "100000", Title: fmt.Sprintf("%s, %s in flight", count(most), count(ofMost)), Downloads: most, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go pooled goroutines", Way: wayPool, Workers: ofMost},
				{Name: "aiohttp", Title: fmt.Sprintf("aiohttp, limit %d", ofMost), Way: wayAiohttpGather, Package: "aiohttp", Workers: ofMost, Long: true},
				{Name: "aiohttp-tasks", Title: fmt.Sprintf("aiohttp, %d tasks", ofMost), Way: wayAiohttpTasks, Package: "aiohttp", Workers: ofMost, Long: true},
			},
			Musts: []Must{peakAtMost(200e6), rateKeptFrom("10000")},
		},
	}, processWorks(size), cpuWorks(size), poolWorks(size), stepWorks(size))
}
