package timing

import "strings"

// A figure is a time that one of the course's documents gives for a way of
// doing the work. The documents measured in Python, on other machines and over
// the internet. Compare the ratios with ours, not the seconds.
type figure struct {
	source  string // the document
	name    string // the result that it is shown beside
	pages   string // the value of that result's "pages" setting
	seconds float64
	note    string
}

const (
	// Real Python is the article from which documents 000, 001 and 003 derive,
	// in its edition of 2024-11-25: https://realpython.com/python-concurrency/
	realPython = "Real Python"
	blog       = "blog" // the pages of document 002, as in With("pages", "blog")
)

// sources lists the documents in the order of their columns.
var sources = []string{"002", "003", "004", realPython}

// figures lists the documents' times under the names that notebooks give to
// their results.
var figures = []figure{
	{source: "004", name: "one after another, new connections", seconds: 19},
	{source: "004", name: "one after another", seconds: 9},
	{source: "004", name: "5 workers", seconds: 3},
	{source: "003", name: "5 workers, errors lost", seconds: 0.047, note: "every download failed"},

	{source: realPython, name: "one after another", seconds: 14.29},
	{source: realPython, name: "5 workers", seconds: 3.19},
	{source: realPython, name: "fan-out", seconds: 0.49},
	{source: realPython, name: "processes", seconds: 3.43},

	{source: "002", pages: blog, name: "one after another", seconds: 147.57},
	{source: "002", pages: blog, name: "5 workers", seconds: 34.54, note: "its table says 35.54"},
	{source: "002", pages: blog, name: "processes", seconds: 41.20, note: "its listing is the one with threads"},
	{source: "002", pages: blog, name: "fan-out", seconds: 14.11},
	{source: "002", pages: blog, name: "processes × fan-out", seconds: 6.90},

	// Sums of the squares below 5,000,000 + 0 … 19.
	{source: "002", name: "squares, one after another", seconds: 11.24},
	{source: "002", name: "squares, processes", seconds: 3.23},
	// Sums of the squares below 500,000 + 0 … 19.
	{source: "003", name: "squares below 500,000, one after another", seconds: 5.87},

	// fib(35), computed twenty times: see workloads/fibonacci.
	{source: realPython, name: "fibonacci, one after another", seconds: 35.36},
	{source: realPython, name: "fibonacci, 5 workers", seconds: 39.86},
	{source: realPython, name: "fibonacci, fan-out", seconds: 86.50, note: "with asyncio, which awaits each call"},
	{source: realPython, name: "fibonacci, processes", seconds: 10.02},
}

// figuresOf returns the documents' figures for what r measured.
func figuresOf(r Result) []figure {
	var out []figure
	for _, f := range figures {
		if f.name == r.Name && f.pages == r.Settings["pages"] {
			out = append(out, f)
		}
	}
	return out
}

// speedup returns how many times as fast f is as the baseline of the same
// document, or 0 if the document has no baseline.
func (f figure) speedup() float64 {
	for _, name := range baselineNames(f.name) {
		for _, b := range figures {
			if b.name == name && b.source == f.source && b.pages == f.pages {
				return b.seconds / f.seconds
			}
		}
	}
	return 0
}

// baseline names the plain way of doing the work, with which the others are
// compared.
const baseline = "one after another"

// baselineNames returns the names of the results with which a result called
// name may be compared, the best match first: "squares, processes" is compared
// with "squares, one after another", and "5 workers" with "one after another".
func baselineNames(name string) []string {
	if task, _, ok := strings.Cut(name, ", "); ok {
		return []string{task + ", " + baseline, baseline}
	}
	return []string{baseline}
}
