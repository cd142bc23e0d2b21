//go:build unix

package gonb

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/cellbuild"
	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// builtWithStock returns the programs under test, and GoNB as go.mod pins it.
func builtWithStock(b *testing.B) (tools, string) {
	b.Helper()
	t, err := buildTools()
	if err != nil {
		b.Fatal(err)
	}
	stock, err := buildStock()
	if err != nil {
		b.Fatal(err)
	}
	return t, stock
}

// BenchmarkCell compares the time of a cell, from request to reply: with stock
// GoNB, with the patches without patch 19 (fast builds), with all patches, and with
// these behind the supervisor. For comparison it also times a go build of the same
// program, and each step of a cell alone. The sides take turns, and each program
// is new. It prints minima, medians, and the medians relative to the go build's.
//
//	go test -run '^$' -bench Cell -benchtime 20x ./kernel-helpers/internal/gonb
func BenchmarkCell(b *testing.B) {
	t, stockProgram := builtWithStock(b)
	if _, err := run(context.Background(), t.checkout, "build", "-o", t.dir, "./kernel-helpers/cmd/gonb-kernel"); err != nil {
		b.Fatal(err)
	}
	b.Setenv("GOPROXY", "off")
	b.Setenv("GOFLAGS", "-ldflags=-w")
	cells := []struct{ name, code string }{
		{"hello", "%%\nfmt.Println(\"hello\", NUMBER)"},
		{"net/http", "%%\n_, err := http.Get(\"http://127.0.0.1:1/\")\nfmt.Println(err != nil, NUMBER)"},
		{"sites", "import (\n\t\"example.com/speedup/kernel-helpers/timing\"\n\t\"example.com/speedup/workloads/sites\"\n)\n" +
			"%%\nvar s *sites.Server\ntiming.Read(NUMBER, \"nowhere\")\nfmt.Println(s == nil)"},
	}
	for _, cell := range cells {
		b.Run(cell.name, func(b *testing.B) {
			stock := start(b, t, stockProgram, 0, 0, nil, nil).Kernel
			sides := []*side{
				{name: "stock GoNB", kernel: stock},
				{name: "patched, patch 19 off", kernel: start(b, t, t.patched, 0, 0, nil, map[string]string{cellbuild.Setting: "off"}).Kernel},
				{name: "patched", kernel: start(b, t, t.patched, 0, 0, nil, nil).Kernel},
				{name: "patched, gonb-kernel", kernel: start(b, t, filepath.Join(t.dir, "gonb-kernel"), 0, 0, nil, nil).Kernel},
			}
			var alone *parts
			n := 0
			round := func() {
				code := strings.ReplaceAll(cell.code, "NUMBER", fmt.Sprint(time.Now().UnixNano()))
				for i := range sides {
					s := sides[(n+i)%len(sides)]
					took, err := s.run(code)
					if err != nil {
						b.Fatal(s.name, ": ", err)
					}
					s.took = append(s.took, took)
				}
				if alone == nil {
					var err error
					if alone, err = newParts(t, stock); err != nil {
						b.Fatal(err)
					}
				}
				if err := alone.run(); err != nil {
					b.Fatal(err)
				}
				n++
			}
			for range warmRounds { // packages are compiled, builds are watched
				round()
			}
			for b.Loop() {
				round()
			}
			reportCells(b, sides, alone)
		})
	}
}

// BenchmarkFirstCell compares the time of the first cell of a kernel with stock
// GoNB and with the patches. It measures the latter without and with the folder in
// which an earlier kernel has kept what it knows of builds.
func BenchmarkFirstCell(b *testing.B) {
	t, stockProgram := builtWithStock(b)
	folder := b.TempDir()
	sides := []*side{{name: "stock GoNB"}, {name: "patched, forgetful"}, {name: "patched"}}
	programs := []string{stockProgram, t.patched, t.patched}
	path := t.dir + string(os.PathListSeparator) + os.Getenv("PATH") // the same for all kernels: what is known holds for one
	env := []map[string]string{{"PATH": path}, {"PATH": path}, {"PATH": path, cellbuild.Setting: folder}}
	n := 0
	round := func() {
		for j := range sides {
			i := (n + j) % len(sides)
			k := start(b, t, programs[i], 0, 0, nil, env[i]).Kernel
			took, err := (&side{kernel: k}).run(fmt.Sprintf("%%%%\nfmt.Println(\"hello\", %d)", time.Now().UnixNano()))
			if err := errors.Join(err, k.Kill()); err != nil {
				b.Fatal(sides[i].name, ": ", err)
			}
			sides[i].took = append(sides[i].took, took)
		}
		n++
	}
	for range warmRounds {
		round()
	}
	for b.Loop() {
		round()
	}
	b.ReportMetric(0, "ns/op")
	for _, s := range sides {
		b.ReportMetric(inMS(s.median()), strings.ReplaceAll(s.name, " ", "_")+"-ms")
	}
	b.ReportMetric(float64(sides[2].median())/float64(sides[0].median()), "×stock")
}

// warmRounds is how many rounds are not counted.
const warmRounds = 3

// side is one of the kernels or commands that are compared.
type side struct {
	name   string
	kernel *jupyter.Kernel
	took   []time.Duration
}

// run runs a cell.
func (s *side) run(code string) (time.Duration, error) {
	began := time.Now()
	reply, err := s.kernel.Execute(context.Background(), jupyter.ExecuteRequest{Code: code, StoreHistory: true}, nil)
	took := time.Since(began)
	if err == nil && reply.Status != "ok" {
		err = fmt.Errorf("%s: %s", reply.EName, reply.EValue)
	}
	return took, err
}

// parts measures the steps of a cell, each alone, on the program that a kernel has
// made of its last cell and in the kernel's folder.
type parts struct {
	tools   tools
	dir     string
	builder *cellbuild.Builder
	sides   []*side // in the order of partNames
}

var (
	partNames = append([]string{"go build -ldflags=-w", "goimports", "go get", "look up what is known"}, toolParts...)
	// toolParts are the steps that every cell needs.
	toolParts = []string{"compile", "link", "start and end"}
)

func newParts(t tools, of *jupyter.Kernel) (*parts, error) {
	found, err := filepath.Glob(filepath.Join(of.TempDir(), "gonb_*", "main.go"))
	if err != nil || len(found) != 1 {
		return nil, fmt.Errorf("%q, %w", found, err)
	}
	p := &parts{tools: t, dir: filepath.Dir(found[0])}
	p.builder = cellbuild.New(p.dir)
	for _, name := range partNames {
		p.sides = append(p.sides, &side{name: name})
	}
	return p, nil
}

// note adds a time to a part.
func (p *parts) note(name string, took time.Duration) {
	side := p.sides[slices.Index(partNames, name)]
	side.took = append(side.took, took)
}

// command runs a program in the folder and adds its time to a part.
func (p *parts) command(name string, words ...string) error {
	cmd := exec.Command(words[0], words[1:]...)
	cmd.Dir = p.dir
	began := time.Now()
	out, err := cmd.CombinedOutput()
	p.note(name, time.Since(began))
	if err != nil {
		return fmt.Errorf("%q: %w\n%s", words, err, out)
	}
	return nil
}

// another changes the program, so that no cache has it.
func (p *parts) another() error {
	f, err := os.OpenFile(filepath.Join(p.dir, "main.go"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(f, "\nconst another%d = 0\n", time.Now().UnixNano())
	return errors.Join(err, f.Close())
}

// run runs all parts once.
func (p *parts) run() error {
	if err := p.another(); err != nil {
		return err
	}
	watching, watched := p.builder.Watch(nil, (*exec.Cmd).CombinedOutput)
	if watching != nil {
		cmd := exec.Command("go", append([]string{"build", "-o", "alone"}, watching...)...)
		cmd.Dir = p.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("go build: %w\n%s", err, out)
		}
		if err := watched(); err != nil {
			return err
		}
	}
	err := errors.Join(
		p.command("goimports", filepath.Join(p.tools.dir, "goimports"), "-w", "main.go"), p.command("go get", "go", "get"),
		p.another(), p.command("go build -ldflags=-w", "go", "build", "-o", "alone"), p.another())
	if err != nil {
		return err
	}
	var inTools time.Duration
	began := time.Now()
	err = p.builder.Build(filepath.Join(p.dir, "alone"), nil, func(cmd *exec.Cmd) ([]byte, error) {
		began := time.Now()
		out, err := cmd.CombinedOutput()
		took := time.Since(began)
		inTools += took
		if name := filepath.Base(cmd.Path); slices.Contains(partNames, name) {
			p.note(name, took)
		}
		return out, err
	})
	p.note("look up what is known", time.Since(began)-inTools)
	if err != nil {
		return err
	}
	return p.command("start and end", filepath.Join(p.dir, "alone"))
}

// least and median leave out the warm rounds.
func (s *side) least() time.Duration { return slices.Min(s.took[warmRounds:]) }

func (s *side) median() time.Duration {
	sorted := slices.Sorted(slices.Values(s.took[warmRounds:]))
	return sorted[len(sorted)/2]
}

func reportCells(b *testing.B, sides []*side, alone *parts) {
	build := alone.sides[0].median()
	b.ReportMetric(0, "ns/op")
	var floor time.Duration
	// Not to the benchmark's log, which is cut after ten lines.
	fmt.Printf("\n%-24s %9s %9s %9s\n", b.Name(), "least", "median", "×go build")
	line := func(name string, least, median time.Duration) {
		fmt.Printf("%-24s %6.1f ms %6.1f ms %9.2f\n", name, inMS(least), inMS(median), float64(median)/float64(build))
	}
	for _, s := range sides {
		line(s.name, s.least(), s.median())
		b.ReportMetric(float64(s.median())/float64(build), strings.ReplaceAll(s.name, " ", "_")+"-ratio")
	}
	for _, s := range alone.sides {
		line(s.name, s.least(), s.median())
		if slices.Contains(toolParts, s.name) {
			floor += s.median()
		}
	}
	fmt.Printf("%-24s %9s %6.1f ms %9.2f\n", "sum of the last three", "", inMS(floor), float64(floor)/float64(build))
}

func inMS(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// BenchmarkMemory compares the memory of kernels that have run a few hello cells,
// and the time of the last, with stock GoNB and with the patches. The kernels are
// started in turn. It prints medians, and the medians relative to stock GoNB's.
//
//	go test -run '^$' -bench Memory -benchtime 10x ./kernel-helpers/internal/gonb
func BenchmarkMemory(b *testing.B) {
	if _, err := os.Stat("/proc/self/smaps_rollup"); err != nil {
		b.Skip("only Linux tells what memory a process has: ", err)
	}
	t, stockProgram := builtWithStock(b)
	programs := []string{stockProgram, t.patched}
	measured := make([]map[string][]float64, len(programs))
	n := 0
	for b.Loop() {
		for j := range programs {
			i := (n + j) % len(programs)
			k := start(b, t, programs[i], 0, 0, nil, nil).Kernel
			var took time.Duration
			for range warmRounds + 1 {
				var err error
				if took, err = (&side{kernel: k}).run(fmt.Sprintf("%%%%\nfmt.Println(\"hello\", %d)", time.Now().UnixNano())); err != nil {
					b.Fatal(programs[i], ": ", err)
				}
			}
			memory, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", k.PID()))
			if err := errors.Join(err, k.Kill()); err != nil {
				b.Fatal(programs[i], ": ", err)
			}
			if measured[i] == nil {
				measured[i] = make(map[string][]float64)
			}
			measured[i]["hello ms"] = append(measured[i]["hello ms"], inMS(took))
			for line := range strings.Lines(string(memory)) {
				if f := strings.Fields(line); slices.Contains([]string{"Rss:", "Pss:", "Pss_Anon:"}, f[0]) {
					kilobytes, err := strconv.ParseFloat(f[1], 64)
					if err != nil {
						b.Fatal(err)
					}
					name := strings.TrimSuffix(f[0], ":") + " MB"
					measured[i][name] = append(measured[i][name], kilobytes/1024)
				}
			}
		}
		n++
	}
	b.ReportMetric(0, "ns/op")
	fmt.Printf("\n%-24s %9s %9s %9s\n", b.Name(), "stock", "patched", "×stock")
	for _, name := range slices.Sorted(maps.Keys(measured[0])) {
		median := func(i int) float64 {
			sorted := slices.Sorted(slices.Values(measured[i][name]))
			return sorted[len(sorted)/2]
		}
		fmt.Printf("%-24s %9.2f %9.2f %9.2f\n", name, median(0), median(1), median(1)/median(0))
	}
}
