package coursework

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/course"
	"example.com/speedup/kernel-helpers/internal/coursework/coursetest"
	"example.com/speedup/kernel-helpers/internal/programtest"
)

var before = flag.String("before", "", "the revision whose coursework BenchmarkClassBesideBefore compares with")

// version is a version of the program, and how long it took to grade a class of its own.
type version struct {
	name, checkout, program, class string
	wall                           time.Duration
}

// BenchmarkClassBesideBefore grades a class with the program of this checkout and with
// that of an earlier revision, twice each, in the order that favours neither. Each
// has the problem set of its own revision; the answers are the same, to the exercises
// that the earlier one has.
// -benchtime sets the size of the class:
//
//	go test -run '^$' -bench ClassBesideBefore -benchtime 100x -timeout 60m ./kernel-helpers/internal/coursework -args -before REVISION
func BenchmarkClassBesideBefore(b *testing.B) {
	if *before == "" {
		b.Skip("-args -before REVISION says with what to compare")
	}
	if b.N == 1 {
		return // the testing package first tries N = 1
	}
	root, err := checkout.Find(".")
	if err != nil {
		b.Fatal(err)
	}
	old := programtest.Checkout(b, root, *before)
	now, then := &version{name: "now", checkout: root}, &version{name: *before, checkout: old}
	sheet, err := course.ReadNotebook(filepath.Join(old, "notebooks", "coursework", "source", "ps1", "ps1.ipynb"))
	if err != nil {
		b.Fatal(err)
	}
	inBoth := func(exercise string) bool {
		return slices.ContainsFunc(sheet.Exercises, func(e *course.Exercise) bool { return e.Name == exercise })
	}
	for _, v := range []*version{now, then} {
		v.program = filepath.Join(b.TempDir(), "coursework")
		run(b, v.checkout, "go", "build", "-o", v.program, "./kernel-helpers/cmd/coursework")
		v.class = ps1Class(b, filepath.Join(v.checkout, "notebooks", "coursework"), b.N, inBoth)
		v.grade(b, "student-000") // fills caches
	}
	now.wall, then.wall = 0, 0
	b.ResetTimer()
	for _, v := range []*version{now, then, then, now} {
		v.grade(b)
	}
	b.StopTimer()
	n := float64(2 * b.N)
	b.ReportMetric(now.wall.Seconds()/n, "s/now")
	b.ReportMetric(then.wall.Seconds()/n, "s/before")
	b.ReportMetric(now.wall.Seconds()/then.wall.Seconds(), "×")
}

// grade grades these students, or all.
func (v *version) grade(b *testing.B, students ...string) {
	b.Helper()
	args := append([]string{"grade", "--again", "--no-gradebook", "--course", v.class, "ps1"}, students...)
	cmd := coursetest.CommandIn(b, v.checkout, v.program, args...)
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%.4000s", v.name, err, out)
	}
	v.wall += time.Since(start)
}

func run(b *testing.B, dir, name string, args ...string) {
	b.Helper()
	cmd := coursetest.CommandIn(b, dir, name, args...)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s %s: %v\n%.4000s", name, strings.Join(args, " "), err, out)
	}
}
