//go:build unix

package gonbpatches

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/cellbuild"
	"example.com/speedup/kernel-helpers/jupyter"
)

// BenchmarkCell compares what a cell takes, from request to reply: with stock
// GoNB, with the patches but for patch 19 (fast builds), with all of them,
// the same behind the supervisor, and what a go build of the same program takes
// alone. In each round every side
// has its turn; each program is new. It prints minimum, median and what the
// median is in terms of the go build's.
//
//	go test -run '^$' -bench Cell -benchtime 20x ./kernel-helpers/supervisor/gonb-patches
func BenchmarkCell(b *testing.B) {
	t, err := buildTools()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := run(context.Background(), t.checkout, "build", "-o", t.dir, "./kernel-helpers/cmd/gonb-kernel"); err != nil {
		b.Fatal(err)
	}
	cells := []struct{ name, code string }{
		{"hello", "%%\nfmt.Println(\"hello\", NUMBER)"},
		{"net/http", "%%\n_, err := http.Get(\"http://127.0.0.1:1/\")\nfmt.Println(err != nil, NUMBER)"},
		{"sites", "import (\n\t\"example.com/speedup/kernel-helpers/timing\"\n\t\"example.com/speedup/workloads/sites\"\n)\n" +
			"%%\nvar s *sites.Server\ntiming.Read(NUMBER, \"nowhere\")\nfmt.Println(s == nil)"},
	}
	for _, cell := range cells {
		b.Run(cell.name, func(b *testing.B) {
			sides := []*side{
				{name: "go build -ldflags=-w"},
				{name: "stock GoNB", kernel: start(b, t, t.stock, 0, 0, nil, nil).Kernel},
				{name: "patched, patch 19 off", kernel: start(b, t, t.patched, 0, 0, nil, map[string]string{cellbuild.Setting: "off"}).Kernel},
				{name: "patched", kernel: start(b, t, t.patched, 0, 0, nil, nil).Kernel},
				{name: "patched, gonb-kernel", kernel: start(b, t, filepath.Join(t.dir, "gonb-kernel"), 0, 0, nil, nil).Kernel},
			}
			// Three rounds to get warm: packages are compiled, builds are watched.
			for n := range 3 + b.N {
				code := strings.ReplaceAll(cell.code, "NUMBER", fmt.Sprint(time.Now().UnixNano()))
				for _, s := range slices.Backward(sides) { // go build last: it takes the program of a kernel
					took, err := s.run(code, sides[1].kernel)
					if err != nil {
						b.Fatal(s.name, ": ", err)
					}
					if n >= 3 {
						s.took = append(s.took, took)
					}
				}
			}
			report(b, sides)
		})
	}
}

// side is one of those that are compared.
type side struct {
	name   string
	kernel *jupyter.Kernel // nil: go build
	took   []time.Duration
}

// run runs a cell, or go build for the program that a kernel has made of it.
func (s *side) run(code string, of *jupyter.Kernel) (time.Duration, error) {
	if s.kernel == nil {
		return build(of)
	}
	began := time.Now()
	reply, err := s.kernel.Execute(context.Background(), jupyter.ExecuteRequest{Code: code, StoreHistory: true}, nil)
	took := time.Since(began)
	if err == nil && reply.Status != "ok" {
		err = fmt.Errorf("%s: %s", reply.EName, reply.EValue)
	}
	return took, err
}

// build has go build make the program of a kernel's last cell once more, in the
// kernel's folder, with another text.
func build(of *jupyter.Kernel) (time.Duration, error) {
	found, err := filepath.Glob(filepath.Join(of.TempDir(), "gonb_*", "main.go"))
	if err != nil || len(found) != 1 {
		return 0, fmt.Errorf("%q, %w", found, err)
	}
	f, err := os.OpenFile(found[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	if _, err := fmt.Fprintf(f, "\nconst another = %d\n", time.Now().UnixNano()); err != nil {
		return 0, err
	}
	if err := f.Close(); err != nil {
		return 0, err
	}
	cmd := exec.Command("go", "build", "-ldflags=-w", "-o", "alone")
	cmd.Dir = filepath.Dir(found[0])
	cmd.Env = append(cmd.Environ(), "GOPROXY=off")
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return time.Since(began), nil
}

func report(b *testing.B, sides []*side) {
	var alone time.Duration
	b.ReportMetric(0, "ns/op")
	for _, s := range sides {
		slices.Sort(s.took)
		least, median := s.took[0], s.took[len(s.took)/2]
		if s.kernel == nil {
			alone = median
		}
		ratio := float64(median) / float64(alone)
		b.Logf("%-22s least %4d ms, median %4d ms, %.2f × go build", s.name, least.Milliseconds(), median.Milliseconds(), ratio)
		b.ReportMetric(ratio, strings.ReplaceAll(s.name, " ", "_")+"-ratio")
	}
}
