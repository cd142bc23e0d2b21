package report

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// testPlace is how a test's log begins a line.
var testPlace = regexp.MustCompile(`(?m)^( +)cell (\d+):(\d+): `)

// RelocateLog writes the places in a test's log as errors do.
func RelocateLog(log string) string {
	return testPlace.ReplaceAllStringFunc(log, func(found string) string {
		m := testPlace.FindStringSubmatch(found)
		return m[1] + Sources(nil).find(m[2], m[3]).String() + ": "
	})
}

var (
	// frameFile is the second line of a frame: its file and line.
	frameFile = regexp.MustCompile(`^\s+((?:\S.*/)?cell \d+|\S.*?\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?(?: fp=0x[0-9a-f]+ sp=0x[0-9a-f]+ pc=0x[0-9a-f]+)?\s*$`)
	// addresses are in the first line of a goroutine after a fatal error.
	addresses = regexp.MustCompile(`(?m)^(goroutine \d+) gp=\S+ m=\S+(?: mp=\S+)? \[`)
	// cellFile is the file of a frame in a cell.
	cellFile = regexp.MustCompile(`(?:^|/)cell (\d+)$`)
	literal  = regexp.MustCompile(`main\.(\w+)\.func[0-9.]+(?:\(\))?`)
	// testPackage is the package path of a %test cell's program.
	testPackage = regexp.MustCompile(`\bgonb_[0-9a-f]+\.`)
	arguments   = regexp.MustCompile(`\((?:0x[0-9a-f]+|\.\.\.|\{|\}|[, _?])*\)$`)
)

// stack rewrites the trace of one goroutine: it names lines of cells instead of
// lines of the program, and leaves out frames of the runtime, of the standard
// library and of other modules.
func (s Sources) stack(block string) string {
	block = addresses.ReplaceAllString(block, "$1 [")
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
		if where := s.frame(m[1], m[2]); where != "" {
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
func (s Sources) frame(file, line string) string {
	if m := cellFile.FindStringSubmatch(file); m != nil {
		p := s.find(m[1], line)
		if p.text == "" {
			return bold(p.String())
		}
		return bold(p.String()) + ": " + strings.TrimSpace(p.text)
	}
	for _, folder := range []string{"/workloads/", "/kernel-helpers/"} {
		if i := strings.LastIndex(file, folder); i >= 0 {
			return file[i+1:] + ":" + line
		}
	}
	return ""
}
