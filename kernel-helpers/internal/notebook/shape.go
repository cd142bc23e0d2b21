package notebook

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Shape summarizes a cell's outputs, one item per line. Two correct runs of the
// same cell have the same shape on any machine: it omits numbers, durations,
// addresses, ports and the description of the machine, the widths and bars
// that depend on them, and which of two times was longer. It also omits the order of printed lines, because
// goroutines print in any order. A missing picture, a new error, and a missing
// or additional line change the shape. A shape contains:
//
//   - for stdout and stderr, each printed line, with how often it was printed
//   - for displays, their number, their MIME types, the lines of their plain
//     text and Markdown, and the number of pictures and tables in their HTML
//   - for errors, the name and the first line of the value
func Shape(outputs []Output) string {
	streams := map[string]*strings.Builder{}
	var shape []string
	for _, o := range outputs {
		switch o.Type {
		case "stream":
			if streams[o.Name] == nil {
				streams[o.Name] = &strings.Builder{}
			}
			streams[o.Name].WriteString(o.Text)
		case "error":
			value, _, _ := strings.Cut(o.EValue, "\n")
			shape = append(shape, "error "+o.EName+": "+plain(value))
		default:
			shape = append(shape, displayShape(o)...)
		}
	}
	var printed []string
	for _, name := range slices.Sorted(maps.Keys(streams)) {
		printed = append(printed, countLines(name, streams[name].String())...)
	}
	return strings.Join(append(printed, shape...), "\n")
}

func displayShape(o Output) []string {
	mimes := slices.Sorted(maps.Keys(o.Data))
	shape := []string{o.Type + " " + strings.Join(mimes, " ")}
	for _, mime := range mimes {
		text, ok := o.MimeText(mime)
		switch {
		case !ok:
		case mime == "text/html":
			shape = append(shape, fmt.Sprintf("  html: %d img, %d svg, %d table",
				strings.Count(text, "<img"), strings.Count(text, "<svg"), strings.Count(text, "<table")))
		case mime == "text/plain", mime == "text/markdown":
			for _, line := range countLines(mime, text) {
				shape = append(shape, "  "+line)
			}
		}
	}
	return shape
}

// countLines lists the plain forms of a text's lines, sorted, with their
// numbers.
func countLines(name, text string) []string {
	counts := map[string]int{}
	for line := range strings.Lines(text) {
		if line = plain(line); line != "" {
			counts[line]++
		}
	}
	var lines []string
	for _, line := range slices.SortedFunc(maps.Keys(counts), cmp.Compare[string]) {
		lines = append(lines, fmt.Sprintf("%s: %d× %s", name, counts[line], line))
	}
	return lines
}

var (
	// The machine on which the figures of a table were measured, as
	// timing.Machine describes it: number of cores, system, Go version and
	// the processor's name, up to the end of the line.
	machine = regexp.MustCompile(`\b\d+ cores?, \w+/\w+, .*`)
	escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")
	// The folder in which GoNB builds has a different name in each run.
	gonbFolder = regexp.MustCompile(`[^\s"'(\[]*/gonb_[0-9a-f]+/`)
	// Hexadecimal addresses, durations as Go prints them, and numbers,
	// including those joined by marks, as in dates, times of day and ports.
	numbers = regexp.MustCompile(`0x[0-9a-fA-F]+|(?:\d+(?:\.\d+)?(?:ns|µs|μs|us|ms|s|m|h))+\b|\d+(?:[.,_:/-]?\d+)*(?:e[+-]?\d+)?`)
	signs   = regexp.MustCompile(`(^|[\s(=:,])[+-]#`)
	units   = regexp.MustCompile(`# ?(?:ns|µs|μs|us|ms|s|B|[kKMG]i?B)\b`)
	blanks  = regexp.MustCompile(`\s+`)
	// What timing.Predict says of a time: which one is longer is up to the machine.
	verdicts = regexp.MustCompile(`\bas predicted\b|# % (?:longer|shorter)\b`)
	// The longest wait in a picture of package timeline: which one it was, and
	// whether there was any, differs from run to run.
	longest = regexp.MustCompile(`^(longest wait: ).*`)
	// Drawn bars and rules: blocks of any width, and repeated marks.
	blocks = regexp.MustCompile(`[\x{2580}-\x{259f}]+`)
)

// plain removes from a line what differs between correct runs.
func plain(line string) string {
	line = escapes.ReplaceAllString(line, "")
	line = gonbFolder.ReplaceAllString(line, "")
	line = machine.ReplaceAllString(line, "(machine)")
	line = numbers.ReplaceAllString(line, "#")
	line = signs.ReplaceAllString(line, "$1#")
	line = units.ReplaceAllString(line, "#")
	line = verdicts.ReplaceAllString(line, "(difference)")
	line = longest.ReplaceAllString(line, "$1(a wait)")
	line = blocks.ReplaceAllString(line, "█")
	return strings.TrimSpace(blanks.ReplaceAllString(squeeze(line), " "))
}

// squeeze shortens repetitions of a mark, such as ===== or .......
func squeeze(line string) string {
	var b strings.Builder
	var last rune
	for _, r := range line {
		if r != last || r == '#' || r == '/' || unicode.IsLetter(r) || unicode.IsSpace(r) {
			b.WriteRune(r)
		}
		last = r
	}
	return b.String()
}
