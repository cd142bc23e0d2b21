package compile

import (
	"iter"
	"maps"
	"path"
	"slices"
)

// allowedImports are the packages that answers may import. Where names are
// listed, answers may use only these of the package, methods included.
var allowedImports = map[string][]string{
	"bufio": nil, "bytes": nil, "cmp": nil, "container/heap": nil, "container/list": nil,
	"container/ring": nil, "context": nil, "encoding/json": nil, "errors": nil, "fmt": nil,
	"hash/fnv": nil, "io": nil, "iter": nil, "log": nil, "log/slog": nil, "maps": nil,
	"math": nil, "math/bits": nil, "math/rand": nil, "math/rand/v2": nil,
	"os":     {"Stdout", "Stderr", "File", "Write", "WriteString"},
	"regexp": nil,
	// GOMAXPROCS(0) only reads the setting; the rules refuse any other use.
	"runtime": {"Gosched", "NumCPU", "NumGoroutine", "GOMAXPROCS"},
	"slices":  nil, "sort": nil, "strconv": nil, "strings": nil, "sync": nil, "sync/atomic": nil,
	"time": nil, "unicode": nil, "unicode/utf8": nil,
	"golang.org/x/sync/errgroup": nil, "golang.org/x/sync/semaphore": nil, "golang.org/x/sync/singleflight": nil,
}

// refusedImports gives the reasons for packages that cheats and curious students
// import.
var refusedImports = map[string]string{
	"C":             "cgo leaves Go's rules",
	"unsafe":        "unsafe leaves Go's rules",
	"reflect":       "reflection can reach into the tests",
	"syscall":       "answers don't call the operating system",
	"os/exec":       "answers don't start programs",
	"os/signal":     "answers don't call the operating system",
	"plugin":        "answers don't load code",
	"embed":         "answers don't read files",
	"net":           "answers don't use the network",
	"net/http":      "answers don't use the network",
	"runtime/debug": "answers don't change the Go runtime",
	"testing":       "only the course has tests",
	"flag":          "the flags belong to the tests",
}

// refusedNames gives the reasons for names of packages that allow only some.
var refusedNames = map[string]string{
	"os.Exit": "it ends the tests", "os.ReadFile": "answers don't read files", "os.Open": "answers don't read files",
	"os.WriteFile": "answers don't write files", "os.Create": "answers don't write files",
	"encoding/json.Unmarshal": decodes, "encoding/json.NewDecoder": decodes,
	"log.Output": tellsCaller, "log/slog.NewRecord": tellsCaller, "log/slog.PC": tellsCaller, "log/slog.Source": tellsCaller,
}

// decodes is the reason against writing to variables by reflection.
const decodes = "it writes to variables in a way that the race detector doesn't see; encoding is fine"

// tellsCaller is the reason against what would tell an answer which test calls it.
const tellsCaller = "it tells who calls, and answers don't look at the tests"

// testImports are the packages that goimports would add to a test cell, besides
// those of answers.
var testImports = []string{"os", "testing", "testing/synctest", "time"}

// Importable returns the packages that cells may use without an import.
func Importable() []string {
	return slices.Concat(slices.Collect(maps.Keys(allowedImports)), testImports)
}

// allowedPaths yields the packages that the answers of an exercise may import.
func allowedPaths(forbid []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for path := range allowedImports {
			if !slices.Contains(forbid, path) && !yield(path) {
				return
			}
		}
	}
}

// packageName returns the name of the package with an import path, judging by
// the path alone.
func packageName(importPath string) string {
	base := path.Base(importPath)
	if len(base) > 1 && base[0] == 'v' && isNumber(base[1:]) {
		base = path.Base(path.Dir(importPath))
	}
	return base
}

func isNumber(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// byName maps package names to the paths of that name.
func byName(paths []string) map[string][]string {
	names := map[string][]string{}
	for _, p := range paths {
		names[packageName(p)] = append(names[packageName(p)], p)
	}
	return names
}

// onlyInOldRand are names of math/rand that math/rand/v2 lacks.
var onlyInOldRand = []string{"Intn", "Int31", "Int31n", "Int63", "Int63n", "Seed", "Read", "NewSource", "Source64"}

// choose returns the one of several paths with the same package name that a cell
// means which selects these names of it.
func choose(paths, selectors []string) string {
	if len(paths) == 1 {
		return paths[0]
	}
	if i := slices.Index(paths, "math/rand"); i >= 0 && slices.ContainsFunc(selectors, func(s string) bool { return slices.Contains(onlyInOldRand, s) }) {
		return paths[i]
	}
	if i := slices.Index(paths, "math/rand/v2"); i >= 0 {
		return paths[i]
	}
	return paths[0]
}
