package notebook

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// BenchmarkBesideNbclient runs the same notebooks with Run and with nbclient,
// in turn. It reports medians, and how many times faster Run is at starting and
// stopping a kernel (a notebook without cells) and at a cell (the time from one
// of 20 cells to the next). Python's own start and imports are not counted.
//
//	go test -run '^$' -bench Nbclient -benchtime 1x ./kernel-helpers/internal/notebook
func BenchmarkBesideNbclient(b *testing.B) {
	const cells, turns = 20, 5
	for _, kernel := range []struct{ name, cell string }{
		{"python3", "print(1)"},
		{"gonb", "%%\\nprintln(1)"},
	} {
		b.Run(kernel.name, func(b *testing.B) {
			needKernel(b, kernel.name)
			python := needNbclient(b)
			b.Setenv("TMPDIR", shortTemp(b))
			write := func(name string, n int) string {
				cell := `{"cell_type":"code","metadata":{},"source":"` + kernel.cell + `","execution_count":null,"outputs":[]}`
				text := `{"nbformat":4,"nbformat_minor":4,"metadata":{"kernelspec":{"name":"` + kernel.name + `","display_name":"x"}},"cells":[` +
					strings.Join(slices.Repeat([]string{cell}, n), ",") + `]}`
				file := filepath.Join(b.TempDir(), name)
				if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
				return file
			}
			empty, full := write("empty.ipynb", 0), write("full.ipynb", cells)
			for b.Loop() {
				var ours, theirs times
				for range turns {
					ours.add(timeRun(b, empty, full))
					theirs.add(timeNbclient(b, python, empty, full))
				}
				report := func(what string, ours, theirs []float64) {
					ratio := median(theirs) / median(ours)
					b.Logf("%s, %s: nbclient %.1f ms, Run %.1f ms: %.1f×", kernel.name, what, 1000*median(theirs), 1000*median(ours), ratio)
					b.ReportMetric(ratio, "×/"+what)
				}
				report("start+stop", ours.ends, theirs.ends)
				report("cell", ours.cells, theirs.cells)
			}
		})
	}
}

// times holds the seconds of runs without cells and of cells.
type times struct{ ends, cells []float64 }

func (t *times) add(other times) {
	t.ends = append(t.ends, other.ends...)
	t.cells = append(t.cells, other.cells...)
}

func median(d []float64) float64 {
	slices.Sort(d)
	return d[len(d)/2]
}

func timeRun(b *testing.B, empty, full string) (t times) {
	var starts []time.Time
	for _, file := range []string{empty, full} {
		nb, err := Read(file)
		if err != nil {
			b.Fatal(err)
		}
		begin := time.Now()
		if _, err := Run(b.Context(), nb, Options{Progress: func(int, int) { starts = append(starts, time.Now()) }}); err != nil {
			b.Fatal(err)
		}
		if file == empty {
			t.ends = append(t.ends, time.Since(begin).Seconds())
		}
	}
	for i := range starts[1:] {
		t.cells = append(t.cells, starts[i+1].Sub(starts[i]).Seconds())
	}
	return t
}

// timeNbclient runs both notebooks in one Python process.
func timeNbclient(b *testing.B, python, empty, full string) (t times) {
	out, err := exec.Command(python, "testdata/nbclient_time.py", empty, full).Output()
	if err != nil {
		b.Fatalf("nbclient: %v\n%s", err, out)
	}
	for i, field := range strings.Fields(string(out)) {
		seconds, err := strconv.ParseFloat(field, 64)
		if err != nil {
			b.Fatal(err)
		}
		if i == 0 {
			t.ends = append(t.ends, seconds)
		} else {
			t.cells = append(t.cells, seconds)
		}
	}
	return t
}

// shortTemp creates a temporary folder whose path is short enough for sockets
// below it.
func shortTemp(b *testing.B) string {
	temp, err := os.MkdirTemp("", "nb")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := os.RemoveAll(temp); err != nil {
			b.Error(err)
		}
	})
	return temp
}
