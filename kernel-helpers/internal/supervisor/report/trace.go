package report

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Program is what GoNB made of a cell and the declarations of earlier ones.
type Program struct {
	Lines   []string
	Sources Sources
}

// testPlace is how a test's log begins a line.
var testPlace = regexp.MustCompile(`(?m)^( +)main_test\.go:(\d+): `)

// RelocateLog replaces the places in a test's log by lines of cells. It calls
// load, which may read a file, only if there are any.
func RelocateLog(log string, load func() Program) string {
	if !testPlace.MatchString(log) {
		return log
	}
	program := load()
	return testPlace.ReplaceAllStringFunc(log, func(found string) string {
		m := testPlace.FindStringSubmatch(found)
		line, _ := strconv.Atoi(m[2])
		if p, ok := program.find(line); ok {
			return m[1] + p.String() + ": "
		}
		return found
	})
}

func (p Program) find(line int) (place, bool) { return p.Sources.find(p.Lines, line) }

var (
	// frameFile is the second line of a frame: its file and line.
	frameFile = regexp.MustCompile(`^\s+(?:\x1b\[7m)?(?:\[\[.*?\]\])?(?:\x1b\[0m)?\s*(\S+\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?\s*$`)
	// addresses are in the first line of a goroutine after a fatal error.
	addresses = regexp.MustCompile(`(?m)^(goroutine \d+) gp=\S+ m=\S+(?: mp=\S+)? \[`)
	ansi      = regexp.MustCompile(`\x1b\[[0-9;]*m`)
	gonbMark  = regexp.MustCompile(`\[\[ Cell.*?\]\] `)
	literal   = regexp.MustCompile(`main\.(\w+)\.func[0-9.]+(?:\(\))?`)
	// testPackage is the package path of a %test cell's program.
	testPackage = regexp.MustCompile(`\bgonb_[0-9a-f]+\.`)
	arguments   = regexp.MustCompile(`\((?:0x[0-9a-f]+|\.\.\.|\{|\}|[, _?])*\)$`)
)

// stack rewrites the trace of one goroutine: it names lines of cells instead of
// lines of the program, and leaves out frames of the runtime, of the standard
// library and of other modules.
func (p Program) stack(block string) string {
	block = addresses.ReplaceAllString(gonbMark.ReplaceAllString(ansi.ReplaceAllString(block, ""), ""), "$1 [")
	lines := strings.Split(block, "\n")
	var out, latest []string
	times := 0 // how often the latest frame was repeated
	endRepetition := func() {
		if times > 1 {
			out = append(out, fmt.Sprintf("        … %d times", times))
		}
		times, latest = 0, nil
	}
	created := "" // "Goroutine 8 created at:", shown only above a frame that is shown
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], " ")
		if i+1 >= len(lines) || !frameFile.MatchString(lines[i+1]) {
			switch {
			case strings.HasSuffix(line, " created at:"):
				created = line
			case line != "" && !strings.HasPrefix(line, "exit status"):
				endRepetition()
				out = append(out, line)
			}
			continue
		}
		i++
		m := frameFile.FindStringSubmatch(lines[i])
		n, _ := strconv.Atoi(m[2])
		if where := p.frame(m[1], n); where != "" {
			frame := []string{"    " + function(line), "        " + where}
			if created == "" && slices.Equal(frame, latest) {
				times++
				continue
			}
			endRepetition()
			if created != "" {
				out, created = append(out, created), ""
			}
			out = append(out, frame...)
			times, latest = 1, frame
		}
	}
	endRepetition()
	return strings.Join(out, "\n")
}

// function returns the name of a frame's function as the user knows it.
func function(line string) string {
	line = testPackage.ReplaceAllString(arguments.ReplaceAllString(strings.TrimSpace(line), "()"), "main.")
	return literal.ReplaceAllString(line, "a function in $1")
}

// frame returns the place of a frame in a cell or in the course's own packages.
// It is empty for frames of Go itself and of other modules.
func (p Program) frame(file string, line int) string {
	if base := file[strings.LastIndexByte(file, '/')+1:]; (base == "main.go" || base == "main_test.go") && strings.Contains(file, "gonb_") {
		where, ok := p.find(line)
		if !ok {
			return ""
		}
		return bold(where.String()) + ": " + strings.TrimSpace(where.text)
	}
	for _, folder := range []string{"/workloads/", "/kernel-helpers/"} {
		if i := strings.LastIndex(file, folder); i >= 0 {
			return fmt.Sprintf("%s:%d", file[i+1:], line)
		}
	}
	return ""
}
