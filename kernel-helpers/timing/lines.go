package timing

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

// Read prints "Read 10490 from http://…" as one whole line, even if several
// goroutines print at once. During [Downloads], [Duration] and [Measure] only
// the first [DefaultLines] lines are printed and the rest are counted ("... and
// 154 more lines"), so that a notebook stays readable. [ShowLines] changes the
// number. Otherwise every line is printed.
func Read(size int, url string) {
	stdout.read("Read " + strconv.Itoa(size) + " from " + url)
}

// Report is [Read] for a page that may have failed: it prints the line if err
// is nil, and always returns err.
func Report(url string, size int, err error) error {
	if err == nil {
		Read(size, url)
	}
	return err
}

var stdout = &printer{to: standardOutput{}}

// standardOutput writes to the current value of os.Stdout.
type standardOutput struct{}

func (standardOutput) Write(p []byte) (int, error) { return os.Stdout.Write(p) }

// A printer writes whole lines, one write for each.
type printer struct {
	mu    sync.Mutex
	to    io.Writer
	runs  int // measurements in progress
	left  int // lines that may still be shown in them; negative means all
	extra int // lines counted instead of shown
}

// begin starts limiting the lines that read shows. Nested measurements share
// the limit of the outermost one, because a line doesn't say to which it
// belongs.
func (p *printer) begin(lines int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs++; p.runs == 1 {
		p.left, p.extra = lines, 0
	}
}

func (p *printer) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs--; p.runs > 0 {
		return
	}
	switch {
	case p.extra == 1:
		p.write("... and 1 more line")
	case p.extra > 1:
		p.write(fmt.Sprintf("... and %d more lines", p.extra))
	}
}

func (p *printer) read(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.runs > 0 && p.left == 0 {
		p.extra++
		return
	}
	if p.runs > 0 && p.left > 0 {
		p.left--
	}
	p.write(line)
}

func (p *printer) line(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write(line)
}

func (p *printer) write(line string) { _, _ = io.WriteString(p.to, line+"\n") }

// seconds formats s as the documents do, with two digits after the point. Below
// a second it keeps three significant digits, because two decimals would say
// little.
func seconds(s float64) string {
	digits := 2
	for limit := 1.0; s > 0 && s < limit && digits < 9; limit /= 10 {
		digits++
	}
	return strconv.FormatFloat(s, 'f', digits, 64)
}

// causesShown is how many lines of a joined error are printed.
const causesShown = 3

// oneLine joins an error's lines, of which errors.Join may make many, to one.
func oneLine(err error) string {
	lines := strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' })
	if more := len(lines) - causesShown; more > 0 {
		lines = append(lines[:causesShown:causesShown], fmt.Sprintf("and %d more", more))
	}
	return strings.Join(lines, "; ")
}
