package report

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

const (
	// maxOutput is how much of a cell's printed output is shown, in bytes of JSON,
	// where a newline takes two and a bracket six. The Jupyter server discards what
	// exceeds 3 MB in 3 s, so this much passes at any speed. The rest goes to a file.
	maxOutput = 2 << 20
	// maxSpill is how many bytes of the rest are kept. maxSpillAll is the same for
	// all cells of a kernel together: an endless output must not fill the disk.
	maxSpill    = 256 << 20
	maxSpillAll = 1 << 30
	// outputPause is the shortest time between two batches of stream messages.
	outputPause = 50 * time.Millisecond
	// maxSegments is how often a batch may change between stdout and stderr.
	maxSegments = 8
)

// Budget limits how many bytes of output all cells of a kernel put aside.
type Budget struct{ left atomic.Int64 }

// NewBudget returns a budget of 1 GB.
func NewBudget() *Budget {
	var b Budget
	b.left.Store(maxSpillAll)
	return &b
}

// segment is text of one stream.
type segment struct {
	name string
	text []byte
}

// Output gathers what a cell prints, so that a million short lines don't become
// a million messages. It sends the text on in order, in at most 20 batches a
// second of at most a few messages each. What comes after a pause is sent at once.
// Its methods may be called by several goroutines.
type Output struct {
	send   func(name, text string)
	spill  string
	budget *Budget

	mu       sync.Mutex
	segments []segment
	timer    *time.Timer // set while a batch is due
	last     time.Time   // when the latest batch was sent
	shown    int         // bytes sent
	wire     int         // the same as JSON
	left     int         // bytes not sent
	kept     int         // how many of these are in the file
	file     *os.File
	fileErr  error
}

// NewOutput returns the output of one cell. It calls send for each stream message,
// one at a time. What isn't shown is put aside in the file spill, as far as budget
// allows.
func NewOutput(send func(name, text string), spill string, budget *Budget) *Output {
	return &Output{send: send, spill: spill, budget: budget}
}

// Write takes what the cell printed to the stream of that name.
func (o *Output) Write(name, text string) {
	if text == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	text = o.limit(text)
	if text == "" {
		return
	}
	o.add(name, text)
	if o.timer != nil {
		return
	}
	wait := outputPause - time.Since(o.last)
	if wait <= 0 {
		o.flushLocked()
		return
	}
	o.timer = time.AfterFunc(wait, o.Flush)
}

// limit returns the part of text that may still be shown and puts the rest aside.
func (o *Output) limit(text string) string {
	fits := 0
	if o.left == 0 { // else there would be a gap
		var cost int
		fits, cost = wireFit(text, maxOutput-o.wire)
		o.shown, o.wire = o.shown+fits, o.wire+cost
	}
	if fits < len(text) {
		o.keep(text[fits:])
	}
	return text[:fits]
}

// wireFit returns how many bytes of text, in whole characters, fit into room
// bytes of JSON, and how many bytes of JSON they take.
func wireFit(text string, room int) (fits, cost int) {
	for fits < len(text) {
		size, n := 1, int(wireCost[text[fits]])
		if n == 0 {
			size, n = wide(text[fits:])
		}
		if cost+n > room {
			break
		}
		fits, cost = fits+size, cost+n
	}
	return fits, cost
}

// wireCost is how many bytes encoding/json writes for an ASCII character.
var wireCost = func() (cost [256]uint8) {
	for b := range utf8.RuneSelf {
		switch {
		case b == '"' || b == '\\' || b == '\n' || b == '\r' || b == '\t' || b == '\b' || b == '\f':
			cost[b] = 2
		case b < 0x20 || b == '<' || b == '>' || b == '&':
			cost[b] = 6
		default:
			cost[b] = 1
		}
	}
	return cost
}()

// wide returns the size of the first character of text, which isn't ASCII, and its
// cost.
func wide(text string) (size, cost int) {
	switch r, size := utf8.DecodeRuneInString(text); r {
	case utf8.RuneError, '\u2028', '\u2029': // RuneError also stands for a byte that isn't UTF-8
		return size, 6
	default:
		return size, size
	}
}

// keep puts text aside.
func (o *Output) keep(text string) {
	o.left += len(text)
	text = text[:runeStart(text, min(len(text), maxSpill-o.kept, int(o.budget.left.Load())))]
	if o.fileErr != nil || text == "" {
		return
	}
	if o.file == nil {
		if o.file, o.fileErr = os.OpenFile(o.spill, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600); o.fileErr != nil {
			return
		}
	}
	var n int
	n, o.fileErr = o.file.WriteString(text)
	o.kept += n
	o.budget.left.Add(-int64(n))
}

// add appends text to the batch. A batch that changes between the streams too
// often is sorted by stream: the streams come over two pipes, so their order within
// 50 ms is chance anyway.
func (o *Output) add(name, text string) {
	if n := len(o.segments); n > 0 && o.segments[n-1].name == name {
		o.segments[n-1].text = append(o.segments[n-1].text, text...)
		return
	}
	if len(o.segments) >= maxSegments {
		for i := len(o.segments) - 1; i >= 0; i-- {
			if o.segments[i].name == name {
				o.segments[i].text = append(o.segments[i].text, text...)
				return
			}
		}
	}
	o.segments = append(o.segments, segment{name, []byte(text)})
}

// Flush sends what has been gathered. It must be called before any other message
// of the cell is sent, so that prints and pictures keep their order.
func (o *Output) Flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked()
}

func (o *Output) flushLocked() {
	if o.timer != nil {
		o.timer.Stop()
		o.timer = nil
	}
	for _, s := range o.segments {
		o.send(s.name, string(s.text))
	}
	if len(o.segments) > 0 {
		o.last = time.Now()
	}
	o.segments = nil
}

// Finish sends the rest, and says how much was left out and where that is.
func (o *Output) Finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.flushLocked()
	if o.left == 0 {
		return
	}
	if o.file != nil {
		if err := o.file.Close(); o.fileErr == nil {
			o.fileErr = err
		}
	}
	where := fmt.Sprintf("the rest is in %s until the kernel ends", o.spill)
	switch {
	case o.fileErr != nil:
		where = "the rest could not be kept: " + o.fileErr.Error()
	case o.kept == 0:
		where = "the kernel has put aside as much as it may"
	case o.kept < o.left:
		where = fmt.Sprintf("the first %.1f MB of that are in %s until the kernel ends", float64(o.kept)/1e6, o.spill)
	}
	o.send("stderr", fmt.Sprintf("\n[%.1f MB of output shown, %.1f MB left out; %s]\n", float64(o.shown)/1e6, float64(o.left)/1e6, where))
}
