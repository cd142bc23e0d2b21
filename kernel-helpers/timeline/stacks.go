package timeline

import (
	"path"
	"reflect"
	"slices"
	"strings"

	"golang.org/x/exp/trace"
)

// A stack is what the decoder needs to know of a call stack.
type stack struct {
	called    string // the outermost function in user code, other than closures
	place     int32  // the innermost line in package main, or else in user code
	inNetwork bool   // the wait is in a network package
	inGC      bool   // the wait is for the collector
}

func (d *decoder) stack(s trace.Stack) stack {
	if s == trace.NoStack {
		return stack{}
	}
	info, ok := d.seen[s]
	if ok {
		return info
	}
	decided, inMain := false, false
	for f := range s.Frames() {
		pkg := packageOf(f.Func)
		if !decided {
			switch {
			case collects(f.Func):
				info.inGC, decided = true, true
			case networks(pkg):
				info.inNetwork, decided = true, true
			case !between(pkg):
				decided = true
			}
		}
		if libraries(pkg) {
			continue
		}
		// A line of the program itself is more useful than a line in a package
		// it calls.
		if info.place == 0 || pkg == "main" && !inMain {
			info.place = d.place(f)
			inMain = pkg == "main"
		}
		if !closure(f.Func) {
			info.called = short(f.Func)
		}
	}
	d.seen[s] = info
	return info
}

func (d *decoder) place(f trace.StackFrame) int32 {
	p := location{function: enclosing(f.Func), file: f.File, line: int(f.Line)}
	i, ok := d.index[p]
	if !ok {
		i = int32(len(d.places))
		d.places = append(d.places, p)
		d.index[p] = i
	}
	return i
}

// waiting returns the state of a waiting goroutine, from the runtime's reason
// (see runtime/traceruntime.go) and from where it waits. A download waits in a
// select or on a channel inside net/http, while a goroutine of net/http waits
// for the network on its behalf.
func (s stack) waiting(reason string) State {
	if s.inGC {
		return GC
	}
	state := Other
	switch reason {
	case "network":
		return Network
	case "chan receive", "chan send", "coroutine":
		state = Channel
	case "select":
		state = Select
	case "sync":
		return Lock
	case "sync.(*Cond).Wait":
		state = Lock
	case "sleep":
		return Asleep
	case "GC mark assist wait for work", "wait until GC ends", "GC weak to strong wait", "preempted", "GC background sweeper wait":
		return GC
	}
	if s.inNetwork {
		return Network
	}
	return state
}

// startedBy reports whether a new goroutine was started by user code, and
// returns what it runs. It looks at the goroutine's first frame and its
// creator's stack, and skips functions that only start what they are given,
// such as WaitGroup.Go.
func startedBy(own, creator trace.Stack) (user bool, runs string) {
	for f := range own.Frames() {
		if !spawns(f.Func) {
			return !libraries(packageOf(f.Func)), running(f.Func)
		}
	}
	for f := range creator.Frames() {
		if pkg := packageOf(f.Func); pkg != "runtime" && !spawns(f.Func) {
			return !libraries(pkg), "func in " + enclosing(f.Func)
		}
	}
	return false, ""
}

// packageOf returns the package path of a function's full name, such as
// "golang.org/x/sync/errgroup.(*Group).Go.func1".
func packageOf(function string) string {
	head, tail := "", function
	// A type parameter's brackets may contain slashes.
	end := len(function)
	if i := strings.IndexByte(function, '['); i >= 0 {
		end = i
	}
	if i := strings.LastIndexByte(function[:end], '/'); i >= 0 {
		head, tail = function[:i+1], function[i+1:]
	}
	name, _, _ := strings.Cut(tail, ".")
	return head + strings.ReplaceAll(name, "%2e", ".")
}

// helpersPath is the import path of the helper packages' folder, with a trailing
// slash. It is derived from this package's path, so it doesn't depend on the
// module's name.
var helpersPath = strings.TrimSuffix(reflect.TypeFor[stack]().PkgPath(), "timeline")

// libraries reports whether a package's goroutines are hidden: those of the
// standard library, golang.org/x, GoNB, and the helper packages.
func libraries(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return first != "main" && !strings.Contains(first, ".") && first != "command-line-arguments" ||
		strings.HasPrefix(pkg, "golang.org/x/") ||
		strings.HasPrefix(pkg, "github.com/janpfeifer/") ||
		isHelper(pkg)
}

// helpers lists our packages whose goroutines are not part of what a cell does.
var helpers = []string{"display", "procpool", "progress", "timeline", "timing"}

// isHelper reports whether pkg is one of helpers or a package that they use.
func isHelper(pkg string) bool {
	name, ours := strings.CutPrefix(pkg, helpersPath)
	return ours && (slices.Contains(helpers, name) || strings.HasPrefix(name, "base/"))
}

// networks reports whether a wait in this package is for the network.
func networks(pkg string) bool {
	return pkg == "net" || strings.HasPrefix(pkg, "net/") || pkg == "internal/poll" || pkg == "crypto/tls" ||
		strings.HasPrefix(pkg, "golang.org/x/net/") || strings.HasPrefix(pkg, "vendor/golang.org/x/net/")
}

// between reports whether a wait in this package is on behalf of its caller.
func between(pkg string) bool {
	switch pkg {
	case "runtime", "sync", "time", "context", "io", "bufio", "bytes", "strings", "compress/flate", "compress/gzip", "encoding/json":
		return true
	}
	return strings.HasPrefix(pkg, "internal/") && pkg != "internal/poll" || strings.HasPrefix(pkg, "runtime/internal/")
}

// collects reports whether a function of the runtime works for the collector.
func collects(function string) bool {
	return strings.HasPrefix(function, "runtime.gc") || strings.HasPrefix(function, "runtime.bgsweep") || strings.HasPrefix(function, "runtime.bgscavenge")
}

// spawners lists prefixes of functions that only start what they are given.
var spawners = []string{
	"sync.(*WaitGroup).Go",
	"golang.org/x/sync/errgroup.(*Group).",
	"golang.org/x/sync/singleflight.(*Group).",
	"iter.Pull",
	"runtime.corostart", // the first frame of a coroutine of iter.Pull
	helpersPath + "generator.",
	helpersPath + "eventloop.",
}

func spawns(function string) bool {
	for _, prefix := range spawners {
		if strings.HasPrefix(function, prefix) {
			return true
		}
	}
	return false
}

// closure reports whether the function is a closure, whose name the compiler
// made.
func closure(function string) bool {
	return enclosing(function) != short(function)
}

// running returns the name of the function that a goroutine was started with.
func running(function string) string {
	if closure(function) {
		return "func in " + enclosing(function)
	}
	return short(function)
}

// enclosing returns the short name of a function, or of the function that
// encloses a closure: "main.pool.func1.2" is in "pool".
func enclosing(function string) string {
	parts := strings.Split(short(function), ".")
	for len(parts) > 1 && made(parts[len(parts)-1]) {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}

// made reports whether a part of a name was made by the compiler.
func made(part string) bool {
	part = strings.TrimSuffix(part, "-fm")
	for _, prefix := range []string{"func", "gowrap", "deferwrap", "range", "-range", ""} {
		if rest, ok := strings.CutPrefix(part, prefix); ok && rest != "" && strings.Trim(rest, "0123456789") == "" {
			return true
		}
	}
	return false
}

// short returns a function's name without the path of its package and without
// type parameters. In package main it also omits the package's name:
// "main.(*pool).run" is "pool.run".
func short(function string) string {
	if i := strings.IndexByte(function, '['); i >= 0 {
		if j := strings.LastIndexByte(function, ']'); j > i {
			function = function[:i] + function[j+1:]
		}
	}
	name := strings.TrimPrefix(path.Base(function), "main.")
	return strings.NewReplacer("(*", "", "(", "", ")", "", "%2e", ".").Replace(name)
}
