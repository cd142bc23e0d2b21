package bench

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A Work is a number of downloads or steps that several sides do. Its first
// side is Go's, with which the others are compared.
type Work struct {
	Name      string `json:"name"` // for --only
	Title     string `json:"title"`
	Downloads int    `json:"downloads"`
	Blog      bool   `json:"-"` // the pages are the blog's
	Chunk     int    `json:"-"` // number of URLs or tasks per message to a process, if the way uses chunks
	InGrowth  bool   `json:"-"` // Go's figures are a row of the growth table
	// Steps instead of downloads: numbers, ranges, starts, tasks or switches.
	Steps        int           `json:"steps,omitempty"`
	First        int           `json:"-"`              // see [Job]
	Answer       string        `json:"-"`              // the answer that each side must find
	Unit         Unit          `json:"unit,omitempty"` // the unit in which tables show times
	Runs         int           `json:"-"`              // number of runs unless Options says otherwise; 0 means DefaultRuns
	Sides        []Side        `json:"-"`
	Requirements []Requirement `json:"-"`
}

// DefaultRuns is how many times each side is run by default.
const DefaultRuns = 3

// A Unit is the unit in which the times of a work with steps are shown.
type Unit string

// The units. All except InAll are times per step.
const (
	InAll        Unit = "s"
	Milliseconds Unit = "ms"
	Microseconds Unit = "µs"
	Nanoseconds  Unit = "ns"
)

// times returns the factor that converts total seconds for n steps into u per
// step.
func (u Unit) times(n int) float64 {
	perSecond := map[Unit]float64{Milliseconds: 1e3, Microseconds: 1e6, Nanoseconds: 1e9}[u]
	if perSecond == 0 || n == 0 {
		return 1
	}
	return perSecond / float64(n)
}

// A Side is one way to do a work.
type Side struct {
	Name    string // unique in its work
	Title   string // its name in tables
	Way     string // see [Job]
	Package string // the Python package that it needs, or one of the constants below; "" for Go
	Workers int    // maximum of downloads in flight, or number of processes; 0 means no limit
	Long    bool   // takes long or much memory, so it is run only on request
}

const (
	pythonAlone = "python" // a Python side that needs no package
	inC         = "cc"     // a side that needs a C compiler
)

func (s Side) isGo() bool { return s.Package == "" }

// limit returns the time that no client can beat with this number of workers if
// each response takes latency.
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

// openFiles returns how many descriptors the side or the server may need: a
// connection for each worker, and a reserve for the process itself.
func (s Side) openFiles(downloads int) int {
	const spare = 64
	if s.Workers == 0 {
		return downloads + spare
	}
	return min(s.Workers, downloads) + spare
}

// A sizer returns the full or the quick size.
type sizer func(full, small int) int

// Works returns the works to measure. Quick ones are small, for tests: they
// show that every side works and does the same, but their figures mean nothing.
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
			Requirements: []Requirement{withinLimit(1.03)},
		},
		{
			Name: "workers", Title: fmt.Sprintf("%s on 5 workers", count(few)), Downloads: few,
			Sides: []Side{
				{Name: "go", Title: "Go pooled goroutines", Way: wayPool, Workers: 5},
				{Name: "ThreadPoolExecutor", Title: "ThreadPoolExecutor(5)", Way: wayThreadPool, Package: "requests", Workers: 5},
			},
			Requirements: []Requirement{withinLimit(1.05), fasterThan("ThreadPoolExecutor")},
		},
		{
			Name: "fan-out", Title: fmt.Sprintf("%s fanned out", count(few)), Downloads: few, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go goroutines", Way: wayFanOut},
				{Name: "aiohttp", Title: "aiohttp, no limit", Way: wayAiohttpGather, Package: "aiohttp"},
				{Name: "aiohttp-default", Title: fmt.Sprintf("aiohttp, limit %d (default)", aiohttps), Way: wayAiohttpGather, Package: "aiohttp", Workers: aiohttps},
			},
			Requirements: []Requirement{withinLimit(1.6), fasterThan("aiohttp")},
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
			Requirements: []Requirement{withinLimit(1.2), timeOf("aiohttp", 0.55), memoryOf("aiohttp", 1.0/3, "a third")},
		},
		{
			Name: "100000", Title: fmt.Sprintf("%s, %s in flight", count(most), count(ofMost)), Downloads: most, InGrowth: true,
			Sides: []Side{
				{Name: "go", Title: "Go pooled goroutines", Way: wayPool, Workers: ofMost},
				{Name: "aiohttp", Title: fmt.Sprintf("aiohttp, limit %d", ofMost), Way: wayAiohttpGather, Package: "aiohttp", Workers: ofMost, Long: true},
				{Name: "aiohttp-tasks", Title: fmt.Sprintf("aiohttp, %d tasks", ofMost), Way: wayAiohttpTasks, Package: "aiohttp", Workers: ofMost, Long: true},
			},
			Requirements: []Requirement{peakAtMost(200e6), rateKeptFrom("10000")},
		},
	}, processWorks(size), cpuWorks(size), poolWorks(size), stepWorks(size))
}
