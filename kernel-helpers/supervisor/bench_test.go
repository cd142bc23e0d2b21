package supervisor

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/jupyter"
)

// sides are GoNB under supervision and GoNB alone, as kernel specs.
func sides(b *testing.B) (supervised, alone jupyter.Spec) {
	b.Helper()
	programs := tools(b)
	env := map[string]string{}
	for _, e := range realEnv(b) {
		name, value, _ := strings.Cut(e, "=")
		env[name] = value
	}
	spec := func(name string, argv ...string) jupyter.Spec {
		return jupyter.Spec{Name: name, Argv: argv, Env: env, InterruptMode: "message", Language: "go"}
	}
	return spec("supervised", filepath.Join(programs.dir, "gonb-kernel"), "--connection", "{connection_file}", "--go-work", programs.checkout),
		spec("alone", filepath.Join(programs.dir, "gonb"), "--kernel", "{connection_file}", "-go_work="+programs.checkout, "-raw_error=true")
}

func startSide(b *testing.B, spec jupyter.Spec) *jupyter.Kernel {
	b.Helper()
	k, err := jupyter.Start(b.Context(), spec, jupyter.StartOptions{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	return k
}

// inTurn measures both sides, one after the other each time, and reports their
// medians and the minimum of each.
func inTurn(b *testing.B, unit time.Duration, supervised, alone func() time.Duration) {
	b.Helper()
	var times [2][]time.Duration
	for i := 0; b.Loop(); i++ {
		for j := range 2 {
			side := (i + j) % 2
			times[side] = append(times[side], []func() time.Duration{supervised, alone}[side]())
		}
	}
	var median [2]float64
	for side, name := range []string{"supervised", "alone"} {
		slices.Sort(times[side])
		median[side] = float64(times[side][len(times[side])/2]) / float64(unit)
		b.ReportMetric(median[side], name+"-"+unitName[unit])
		b.ReportMetric(float64(times[side][0])/float64(unit), name+"-min-"+unitName[unit])
	}
	b.ReportMetric(median[0]-median[1], "difference-"+unitName[unit])
	b.ReportMetric(median[0]/median[1], "ratio")
	b.ReportMetric(0, "ns/op")
}

var unitName = map[time.Duration]string{time.Millisecond: "ms", time.Microsecond: "µs"}

// cellTimer returns what runs a cell and says how long it took, to the last
// message.
func cellTimer(b *testing.B, k *jupyter.Kernel, code string) func() time.Duration {
	return func() time.Duration {
		began := time.Now()
		reply, err := k.Execute(b.Context(), jupyter.ExecuteRequest{Code: code, StoreHistory: true}, nil)
		if err != nil || reply.Status != "ok" {
			b.Fatal(reply.Status, err)
		}
		return time.Since(began)
	}
}

// BenchmarkCell compares whole cells. One that is no program costs GoNB next to
// nothing, so the difference is that of its five messages: the request, busy,
// the input, the reply, idle.
func BenchmarkCell(b *testing.B) {
	for _, c := range []struct{ name, code string }{
		{"messages", "%env A b"},
		{"hello", "%%\nfmt.Println(\"hello\")"},
	} {
		b.Run(c.name, func(b *testing.B) {
			supervised, alone := sides(b)
			s, a := startSide(b, supervised), startSide(b, alone)
			defer s.Shutdown(b.Context())
			defer a.Shutdown(b.Context())
			ours, theirs := cellTimer(b, s, c.code), cellTimer(b, a, c.code)
			ours()
			theirs()
			inTurn(b, time.Microsecond, ours, theirs)
		})
	}
}

// BenchmarkStart compares the time from the start to the first answer.
func BenchmarkStart(b *testing.B) {
	supervised, alone := sides(b)
	timer := func(spec jupyter.Spec) func() time.Duration {
		return func() time.Duration {
			began := time.Now()
			k := startSide(b, spec)
			took := time.Since(began)
			if err := k.Shutdown(b.Context()); err != nil {
				b.Fatal(err)
			}
			return took
		}
	}
	inTurn(b, time.Millisecond, timer(supervised), timer(alone))
}
