package report

import "strings"

// maxReport is how much of a crash's report is kept, in bytes.
const maxReport = 256 << 10

// reportBegins are the first words of what Go writes to stderr when a program
// crashes. From there on the text belongs to the error, not to the output.
var reportBegins = []string{"panic: ", "fatal error: ", stackExceeds, "==================\nWARNING: DATA RACE"}

// stackExceeds comes before the error itself when a recursion is endless.
const stackExceeds = "runtime: goroutine stack exceeds "

// CrashFilter separates a program's stderr into its output and the report of its
// crash, if it crashes. The zero CrashFilter is ready to use.
type CrashFilter struct {
	inLine bool   // the output ends within a line, so that no report begins here
	held   string // what came after the output and may be the beginning of a report
	report strings.Builder
}

// Write takes the next part of stderr and returns what is certainly output.
func (f *CrashFilter) Write(text string) (output string) {
	if f.report.Len() > 0 {
		f.keep(text)
		return ""
	}
	output, report := splitReport(f.held+text, f.inLine)
	f.held = ""
	if report == "" {
		n := len(output) - possibleBeginning(output, f.inLine)
		output, f.held = output[:n], output[n:]
	}
	if output != "" {
		f.inLine = !strings.HasSuffix(output, "\n")
	}
	f.keep(report)
	return output
}

// End returns the rest of the output and the report. Afterwards the filter is
// ready for another program. If the program turns out not to have crashed, the
// report is output as well.
func (f *CrashFilter) End() (output, report string) {
	output, report = f.held, f.report.String()
	f.inLine, f.held = false, ""
	f.report.Reset()
	return output, report
}

func (f *CrashFilter) keep(text string) {
	if room := maxReport - f.report.Len(); len(text) > room {
		text = text[:runeStart(text, max(0, room))]
	}
	f.report.WriteString(text)
}

// splitReport divides stderr into the output and the report at its end. inLine says
// that stderr begins within a line.
func splitReport(stderr string, inLine bool) (output, report string) {
	at := -1
	for _, begin := range reportBegins {
		for from := 0; ; {
			i := strings.Index(stderr[from:], begin)
			if i < 0 {
				break
			}
			i += from
			if i == 0 && !inLine || i > 0 && stderr[i-1] == '\n' {
				if at < 0 || i < at {
					at = i
				}
				break
			}
			from = i + 1
		}
	}
	if at < 0 {
		return stderr, ""
	}
	return stderr[:at], stderr[at:]
}

// possibleBeginning returns how many bytes at the end of text could be the
// beginning of a report, so that they must wait for the text after them. inLine
// says that text begins within a line.
func possibleBeginning(text string, inLine bool) int {
	longest := 0
	for _, begin := range reportBegins {
		for n := min(len(begin), len(text)); n > longest; n-- {
			if strings.HasSuffix(text, begin[:n]) && (n == len(text) && !inLine || n < len(text) && text[len(text)-n-1] == '\n') {
				longest = n
				break
			}
		}
	}
	return longest
}
