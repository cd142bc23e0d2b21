package report

import (
	"cmp"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// These are what `go get` says when it finds no module for an import. They name the
// address of a registry, which says nothing to a person who mistyped a path.
var (
	notServed    = regexp.MustCompile(`(?m)^go: (?:module )?([^\s:@]+)(?:@\S+)?: reading \S+: (\d{3} [^\n]*|no such file or directory)$`)
	notReached   = regexp.MustCompile(`(?m)^go: (?:module )?([^\s:@]+)(?:@\S+)?: (?:Get "[^"]*": ([^\n]*)|(module lookup disabled by [^\n]*))$`)
	notContained = regexp.MustCompile(`(?m)^go: module (\S+?)@\S+ found(?: \(\S+\))?, but does not contain package (\S+)$`)
)

// missing explains that an imported package cannot be found, with the line of the
// import. It returns false if that isn't what go says.
func (c FailedCell) missing() (Failure, bool) {
	var path, why string
	if m := notContained.FindStringSubmatch(c.Value); m != nil {
		path, why = m[2], "module "+m[1]+" has no package of this path"
	} else if m := notServed.FindStringSubmatch(c.Value); m != nil {
		path, why = m[1], "the proxy of Go modules has no module of this path ("+m[2]+")"
	} else if m := notReached.FindStringSubmatch(c.Value); m != nil {
		path, why = m[1], "it is not on this machine, and the proxy of Go modules cannot be asked ("+cmp.Or(m[2], m[3])+")"
	} else {
		return Failure{}, false
	}
	f := NewFailure(CompileError, "package "+path+" is not found: "+why+"; check the path of the import")
	if where := c.importOf(path); where != "" {
		f.Traceback[0] += where
	}
	return f, true
}

// importOf shows the line of the latest cell that imports a package, or one below a
// module's path. It returns "" if there is none.
func (c FailedCell) importOf(path string) string {
	age := func(count int) int { // count 0 stands for the latest cell
		if count == 0 {
			return math.MinInt
		}
		return -count
	}
	counts := slices.SortedFunc(maps.Keys(c.Sources), func(a, b int) int { return cmp.Compare(age(a), age(b)) })
	for _, quote := range []string{`"` + path + `"`, "`" + path + "`", `"` + path + `/`} {
		for _, count := range counts {
			for i, line := range strings.Split(c.Sources[count], "\n") {
				if at := strings.Index(line, quote); at >= 0 {
					return c.pointed(strconv.Itoa(count), strconv.Itoa(i+1), strconv.Itoa(at+1))
				}
			}
		}
	}
	return ""
}
