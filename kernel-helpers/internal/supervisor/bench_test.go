package supervisor

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gonb "example.com/speedup/kernel-helpers/internal/gonb"
	"example.com/speedup/kernel-helpers/internal/jupyter"
)

// The benchmarks compare, in turn in one run, the supervised kernel, the same
// GoNB alone, and GoNB as its author publishes it:
//
//	go test -run '^$' -bench . -benchtime 50x ./kernel-helpers/internal/supervisor

// side is one of the compared kernels.
type side struct {
	name   string
	spec   jupyter.Spec
	kernel *jupyter.Kernel
	times  []time.Duration
}

func (s *side) median() time.Duration {
	slices.Sort(s.times)
	return s.times[len(s.times)/2]
}

var buildStock = sync.OnceValues(func() (string, error) {
	program := filepath.Join(builtDir, "stock-gonb")
	if out, err := exec.Command("go", "build", "-o", program, gonb.Module).CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s: %w\n%s", gonb.Module, err, out)
	}
	return program, nil
})

// newSides returns the sides, the supervised kernel first.
func newSides(b *testing.B) []*side {
	b.Helper()
	programs := tools(b)
	stock, err := buildStock()
	if err != nil {
		b.Fatal(err)
	}
	env := map[string]string{}
	for _, e := range realEnv(b) {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	spec := func(name string, argv ...string) *side {
		return &side{name: name, spec: jupyter.Spec{Name: name, Argv: argv, Env: env, InterruptMode: "message", Language: "go"}}
	}
	gonb := func(name, program string) *side {
		return spec(name, program, "--kernel", "{connection_file}", "-go_work="+programs.checkout, "-raw_error=true")
	}
	return []*side{
		spec("supervised", filepath.Join(programs.dir, "gonb-kernel"), "--connection", "{connection_file}", "--go-work", programs.checkout),
		gonb("alone", filepath.Join(programs.dir, "gonb")),
		gonb("stock", stock),
	}
}

func (s *side) start(b *testing.B) {
	b.Helper()
	var err error
	if s.kernel, err = jupyter.Start(b.Context(), s.spec, jupyter.StartOptions{Dir: b.TempDir()}); err != nil {
		b.Fatal(s.name, ": ", err)
	}
}

// stop ends a kernel. It ignores errors, because GoNB in its stock form can leave
// something behind.
func (s *side) stop() { s.kernel.Kill() }

// inTurn measures all sides in turn, and reports their medians and the ratio of the
// supervised one's to the others.
func inTurn(b *testing.B, unit time.Duration, sides []*side, measure func(*side) time.Duration) {
	b.Helper()
	for i := 0; b.Loop(); i++ {
		for j := range sides {
			s := sides[(i+j)%len(sides)]
			s.times = append(s.times, measure(s))
		}
	}
	reportMedians(b, unit, sides)
}

func reportMedians(b *testing.B, unit time.Duration, sides []*side) {
	b.Helper()
	name := map[time.Duration]string{time.Millisecond: "ms", time.Microsecond: "µs"}[unit]
	ours := float64(sides[0].median())
	for _, s := range sides {
		b.ReportMetric(float64(s.median())/float64(unit), s.name+"-"+name)
		if s != sides[0] {
			b.ReportMetric(ours/float64(s.median()), "×"+s.name)
			b.ReportMetric((ours-float64(s.median()))/float64(unit), "over-"+s.name+"-"+name)
		}
	}
	b.ReportMetric(0, "ns/op")
}

// cell runs a cell to its last message and returns how long that took.
func (s *side) cell(b *testing.B, code string) time.Duration {
	b.Helper()
	began := time.Now()
	reply, err := s.kernel.Execute(b.Context(), jupyter.ExecuteRequest{Code: code, StoreHistory: true}, nil)
	if err != nil || reply.Status != "ok" {
		b.Fatal(s.name, ": ", reply.Status, " ", reply.EValue, " ", err)
	}
	return time.Since(began)
}

// BenchmarkCell compares whole cells. A cell that isn't a program costs GoNB almost
// nothing, so the difference is the cost of its five messages: the request, busy,
// the input, the reply, idle. Each hello cell is another program.
func BenchmarkCell(b *testing.B) {
	for _, c := range []struct {
		name, code string
		unit       time.Duration
	}{
		{"messages", "%env A NUMBER", time.Microsecond},
		{"hello", "%%\nfmt.Println(\"hello\", NUMBER)", time.Millisecond},
	} {
		b.Run(c.name, func(b *testing.B) {
			sides := newSides(b)
			run := func(s *side) time.Duration {
				return s.cell(b, strings.ReplaceAll(c.code, "NUMBER", fmt.Sprint(time.Now().UnixNano())))
			}
			for _, s := range sides {
				s.start(b)
				defer s.stop()
				for range 3 { // so that packages are compiled and builds recorded
					run(s)
				}
			}
			inTurn(b, c.unit, sides, run)
			if c.name == "messages" {
				b.ReportMetric(float64(sides[0].median()-sides[1].median())/5/1000, "over-alone-µs/message")
			}
		})
	}
}

// BenchmarkStart compares the time from the start to the first answer.
func BenchmarkStart(b *testing.B) {
	inTurn(b, time.Millisecond, newSides(b), func(s *side) time.Duration {
		began := time.Now()
		s.start(b)
		took := time.Since(began)
		s.stop()
		return took
	})
}

// assist asks for a completion or an inspection at the end of code until the answer
// contains something, and returns how long that took.
func (s *side) assist(b *testing.B, kind, code, something string) time.Duration {
	b.Helper()
	began := time.Now()
	content := map[string]any{"code": code, "cursor_pos": len(code), "detail_level": 0}
	for time.Since(began) < patience {
		m, err := s.kernel.Request(b.Context(), jupyter.Shell, kind, content)
		if err != nil {
			b.Fatal(s.name, ": ", err)
		}
		if strings.Contains(string(m.Content), something) {
			return time.Since(began)
		}
	}
	b.Fatalf("%s: %s: got no answer with %q", s.name, kind, something)
	return 0
}

// BenchmarkAssist compares completions and inspections: the first one of a kernel,
// which starts the language server, and later ones. Stock GoNB takes 12 s for the
// first one, so a few rounds are enough.
func BenchmarkAssist(b *testing.B) {
	if tools(b).gopls == "" {
		b.Skip("gopls is not installed")
	}
	const complete, inspect = "complete_request", "inspect_request"
	b.Run("first", func(b *testing.B) {
		inTurn(b, time.Millisecond, newSides(b), func(s *side) time.Duration {
			s.start(b)
			defer s.stop()
			return s.assist(b, complete, "%%\nfmt.Sscanl", "Sscanln")
		})
	})
	sides := newSides(b)
	for _, s := range sides {
		s.start(b)
		defer s.stop()
		s.cell(b, "type Point struct{ Across, Down int }\n\n// Origin is where it all begins.\nvar Origin Point")
		s.assist(b, complete, "%%\nfmt.Sscanl", "Sscanln")
	}
	for _, a := range []struct{ name, kind, code, something string }{
		{"completion", complete, "%%\nx := NUMBER\nfmt.Println(x, Origin.Acr", "Across"},
		{"inspection", inspect, "%%\nx := NUMBER\nfmt.Println(x, Origin", "Origin"},
	} {
		b.Run(a.name, func(b *testing.B) {
			for _, s := range sides {
				s.times = nil
			}
			inTurn(b, time.Millisecond, sides, func(s *side) time.Duration {
				return s.assist(b, a.kind, strings.ReplaceAll(a.code, "NUMBER", fmt.Sprint(time.Now().UnixNano())), a.something)
			})
		})
	}
}
