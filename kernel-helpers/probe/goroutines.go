package probe

import (
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// A goroutine is the information that a stack trace contains on a goroutine.
type goroutine struct {
	bubble string
	state  string  // "chan send", "sync.Mutex.Lock", "running", …
	stands bool    // the bubble's clock stands still for it: it isn't blocked durably
	frames []frame // innermost first
	began  *frame  // the go statement that started it
}

type frame struct {
	function, file string
	line           int
}

// A header looks like this: goroutine 9 [chan receive (durable), 2 minutes,
// synctest bubble 1]:
var header = regexp.MustCompile(`^goroutine \d+ (?:.*?)\[([^,\]]*)(?:, [^,\]]*)*?(?:, synctest bubble (\d+))?\]:$`)

// goroutines parses the output of [runtime.Stack].
func goroutines(trace string) []goroutine {
	var all []goroutine
	for block := range strings.SplitSeq(trace, "\n\n") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		match := header.FindStringSubmatch(lines[0])
		if match == nil {
			continue
		}
		state, durable := strings.CutSuffix(match[1], " (durable)")
		g := goroutine{state: state, stands: !durable, bubble: match[2]}
		for i := 1; i+1 < len(lines); i += 2 {
			f, created := parseFrame(lines[i], lines[i+1])
			if created {
				g.began = &f
			} else {
				g.frames = append(g.frames, f)
			}
		}
		all = append(all, g)
	}
	return all
}

func parseFrame(call, where string) (f frame, created bool) {
	call, created = strings.CutPrefix(call, "created by ")
	call, _, _ = strings.Cut(call, " in goroutine ")
	if i := strings.LastIndexByte(call, '('); i > 0 && !created {
		call = call[:i] // cuts off the arguments
	}
	where, _, _ = strings.Cut(strings.TrimSpace(where), " +0x")
	file, line, _ := cutLast(where, ":")
	n, _ := strconv.Atoi(line)
	return frame{call, file, n}, created
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// ownBubble returns the number of the caller's bubble.
func ownBubble() string {
	return goroutines(stacks(false))[0].bubble
}

// inBubble returns the goroutines of a bubble, except the caller and those of
// the test framework, in an order that isn't the scheduler's.
func inBubble(bubble string) []goroutine {
	all := slices.DeleteFunc(goroutines(stacks(true)), func(g goroutine) bool {
		return g.bubble != bubble || slices.ContainsFunc(g.frames, func(f frame) bool {
			return strings.HasPrefix(f.function, "testing/synctest.") || // waits for the test
				strings.HasSuffix(f.function, "probe.inBubble") // the caller
		})
	})
	slices.SortStableFunc(all, func(a, b goroutine) int { return strings.Compare(a.String(), b.String()) })
	return all
}

func stacks(all bool) string {
	buf := make([]byte, 64<<10)
	for {
		if n := runtime.Stack(buf, all); n < len(buf) {
			return string(buf[:n])
		}
		buf = make([]byte, 2*len(buf))
	}
}

// describe lists what each goroutine waits for, where, and what started it.
// Identical entries share a line. In discreet mode it says less.
func describe(all []goroutine) string {
	if discreet.Load() {
		return describeDiscreetly(all)
	}
	const most = 8
	var lines []string
	times := map[string]int{}
	for _, g := range all {
		line := g.String()
		if times[line]++; times[line] == 1 {
			lines = append(lines, line)
		}
	}
	var list strings.Builder
	for i, line := range lines {
		if i == most {
			fmt.Fprintf(&list, "    and %d more\n", len(lines)-most)
			break
		}
		if n := times[line]; n > 1 {
			line = fmt.Sprintf("%s (%d such goroutines)", line, n)
		}
		fmt.Fprintf(&list, "    %s\n", line)
	}
	return list.String()
}

func (g goroutine) String() string {
	text := g.state
	for _, f := range g.frames {
		if !framework(f.function) {
			text += " in " + place(f.function, f.file, f.line)
			break
		}
	}
	if g.began != nil && !framework(g.began.function) {
		text += ", started in " + place(g.began.function, g.began.file, g.began.line)
	}
	return text
}

// place formats a position for messages: "Map.func1 (answer.go:12)".
func place(function, file string, line int) string {
	return fmt.Sprintf("%s (%s:%d)", shortName(function), path.Base(file), line)
}

// shortName removes the package from a function's name.
func shortName(function string) string {
	name := path.Base(function)
	if _, after, found := strings.Cut(name, "."); found {
		name = after
	}
	return initializer.ReplaceAllString(name, "a package-level variable")
}

// initializer matches a function that a grader makes of a package-level variable's
// value; see [Fresh].
var initializer = regexp.MustCompile(`^speedupFresh\d+(\.func\d+)*(\.\d+)*`)

// framework reports whether a function belongs to the standard library, to
// golang.org/x or to this package, and so is not part of the code under test.
func framework(function string) bool {
	if strings.Contains(function, "/probe.") && !strings.Contains(function, "/probe.Test") && !strings.Contains(function, "/probe.init") {
		return true
	}
	first, _, _ := strings.Cut(function, "/")
	first, _, _ = strings.Cut(first, ".")
	return slices.Contains([]string{"bufio", "context", "errors", "fmt", "golang", "internal", "io", "iter", "maps",
		"panic", "runtime", "slices", "sort", "strings", "sync", "testing", "time"}, first)
}

func leftOver(n int) string { return count(n, "goroutine") + " " + isOrAre(n) + " left" }
