package supervisor

import (
	"flag"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/programtest"
)

var before = flag.String("before", "", "the `revision` whose kernel BenchmarkCellBesideBefore compares with")

// BenchmarkCellBesideBefore compares cells, with the debugger off, with an earlier
// revision of this repository, in turn in one run. The commit before the debugger is
// 0be5a2b~1:
//
//	go test -run '^$' -bench CellBesideBefore -benchtime 50x ./kernel-helpers/internal/supervisor -args -before 0be5a2b~1
func BenchmarkCellBesideBefore(b *testing.B) {
	if *before == "" {
		b.Skip("-args -before REVISION says with what to compare")
	}
	now := newSides(b)[0]
	now.name = "now"
	old := programtest.Checkout(b, tools(b).checkout, *before)
	run := func(dir, name string, args ...string) {
		b.Helper()
		cmd := exec.Command(name, args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
		}
	}
	bin := filepath.Join(old, "bin")
	run(old, "go", "build", "-o", bin+string(filepath.Separator), "./kernel-helpers/cmd/gonb-kernel", "golang.org/x/tools/cmd/goimports")
	run(old, "go", "run", "./kernel-helpers/cmd/gonb-build", "-o", filepath.Join(bin, "gonb"))
	then := &side{name: "before", spec: now.spec}
	then.spec.Name = "before"
	then.spec.Argv = []string{filepath.Join(bin, "gonb-kernel"), "--connection", "{connection_file}", "--go-work", old}
	then.spec.Env = maps.Clone(now.spec.Env)
	then.spec.Env["PATH"] = strings.Replace(now.spec.Env["PATH"], tools(b).dir, bin, 1)
	sides := []*side{now, then}
	for _, s := range sides {
		s.start(b)
		defer s.stop()
	}
	for _, c := range []struct{ name, code string }{
		{"hello", "%%\nfmt.Println(\"hello\", NUMBER)"},
		{"http", "%%\nfmt.Println(http.StatusText(404), NUMBER)"},
	} {
		b.Run(c.name, func(b *testing.B) {
			cell := func(s *side) time.Duration {
				return s.cell(b, strings.ReplaceAll(c.code, "NUMBER", fmt.Sprint(time.Now().UnixNano())))
			}
			for _, s := range sides {
				for range 3 { // so that packages are compiled and builds recorded
					cell(s)
				}
				s.times = nil
			}
			inTurn(b, time.Millisecond, sides, cell)
		})
	}
}
