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

// Shape sums up a cell's outputs, a line for each thing that is there. Two
// honest runs of one cell have the same shape, on any machine: numbers, durations,
// addresses, ports, the machine's description, and the widths and bars that follow from
// them are left out, and so is
// the order of printed lines, since goroutines print as they come. A picture
// that is missing, an error that is new, a line more or less make another
// shape. What stands in the shape:
//
//   - stdout and stderr: each printed line, with how often it came;
//   - displays: their number, their mime types, the lines of their plain text
//     and Markdown, and how many pictures and tables their HTML holds;
//   - errors: name and first line of the value.
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

// countLines lists the plain forms of a text's lines in order, each once.
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
	// The machine that a table of timing was measured on: processors, system, Go
	// version and the processor's name, up to the end of the line.
	machine = regexp.MustCompile(`\b\d+ cores?, \w+/\w+, .*`)
	escapes = regexp.MustCompile("\x1b\\[[0-9;?]*[A-Za-z]")
	// The folder in which GoNB builds has another name in each run.
	gonbFolder = regexp.MustCompile(`[^\s"'(\[]*/gonb_[0-9a-f]+/`)
	// Hexadecimal addresses; durations as Go prints them; numbers, and what
	// hangs together by such marks as dates, times of day and ports do.
	numbers = regexp.MustCompile(`0x[0-9a-fA-F]+|(?:\d+(?:\.\d+)?(?:ns|µs|μs|us|ms|s|m|h))+\b|\d+(?:[.,_:/-]?\d+)*(?:e[+-]?\d+)?`)
	signs   = regexp.MustCompile(`(^|[\s(=:,])[+-]#`)
	units   = regexp.MustCompile(`# ?(?:ns|µs|μs|us|ms|s|B|[kKMG]i?B)\b`)
	blanks  = regexp.MustCompile(`\s+`)
	// Drawn bars and rules: blocks of any width, and repeated marks.
	blocks = regexp.MustCompile(`[\x{2580}-\x{259f}]+`)
)

// plain takes out of a line what differs between honest runs.
func plain(line string) string {
	line = escapes.ReplaceAllString(line, "")
	line = gonbFolder.ReplaceAllString(line, "")
	line = machine.ReplaceAllString(line, "(machine)")
	line = numbers.ReplaceAllString(line, "#")
	line = signs.ReplaceAllString(line, "$1#")
	line = units.ReplaceAllString(line, "#")
	line = blocks.ReplaceAllString(line, "█")
	return strings.TrimSpace(blanks.ReplaceAllString(squeeze(line), " "))
}

// squeeze shortens runs of one mark, such as ===== or .......
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
