package notebook

import (
	"encoding/json"
	"fmt"
	"testing"

	"example.com/speedup/kernel-helpers/timing"
)

func stream(name, text string) Output { return Output{Type: "stream", Name: name, Text: text} }

func picture(mimes ...string) Output {
	o := Output{Type: "display_data", Data: map[string]json.RawMessage{}}
	for i := 0; i < len(mimes); i += 2 {
		o.Data[mimes[i]] = appendString(nil, mimes[i+1])
	}
	return o
}

func TestCorrectRunsHaveTheSameShape(t *testing.T) {
	for name, runs := range map[string][2][]Output{
		"times and ports": {
			{stream("stdout", "Read 10490 from http://127.0.0.1:34567/a\nDownloaded 160 in 8.03 seconds\n")},
			{stream("stdout", "Read 10490 from http://127.0.0.1:8/a\nDownloaded 160 in 11.24 seconds\n")},
		},
		"durations with different units": {
			{stream("stdout", "took 850µs, 1m2.5s, 912 ms; 1.5 MB\n")},
			{stream("stdout", "took 1.02ms, 59s, 1.1 s; 900 kB\n")},
		},
		"goroutines print in any order and streams interleave": {
			{stream("stdout", "a 1\nb 2\n"), stream("stderr", "w\n"), stream("stdout", "c\n")},
			{stream("stderr", "w\n"), stream("stdout", "b 1\na 2\nc\n")},
		},
		"columns and bars of different widths": {
			{stream("stdout", "one   8.03 ████▌ ======\n")},
			{stream("stdout", "one  11.24 ██▏ ===\n")},
		},
		"addresses": {
			{stream("stderr", "goroutine 7 at 0xc0000a4000 +0x1d\n")},
			{stream("stderr", "goroutine 19 at 0xc00001 +0xff\n")},
		},
		"different signs": {
			{stream("stdout", "drift -3 (+0.4 %) 1e-05\n")},
			{stream("stdout", "drift 3 (-0.4 %) 2.5\n")},
		},
		"the folder in which GoNB builds": {
			{{Type: "error", EName: "ERROR", EValue: "/tmp/jk-399/tmp/gonb_d85038e5/main.go:7:1: expected operand"}},
			{{Type: "error", EName: "ERROR", EValue: "/tmp/gonb_63847066/main.go:8:1: expected operand"}},
		},
		"predictions that are too long, too short or right": {
			{stream("stdout", "predicted 8.0 s, measured 8.2 s: 2 % longer; the limit is 8.00 s\na 8.0 8.0 as predicted\n")},
			{stream("stdout", "predicted 8.0 s, measured 8.02 s: as predicted; the limit is 8.00 s\na 8.0 7.0 12 % shorter\n")},
		},
		"another longest wait": {
			{picture("text/plain", "Counting primes\nlongest wait: none\nswitches: 7")},
			{picture("text/plain", "Counting primes\nlongest wait: 12.0 ms system call, in main\nswitches: 80")},
		},
		"colours": {
			{stream("stdout", "\x1b[31mred\x1b[0m\n")},
			{stream("stdout", "red\n")},
		},
		"another picture of the same kind": {
			{picture("image/svg+xml", "<svg/>", "text/plain", "5 lanes"), picture("text/html", "<table><tr></tr></table><img src='a'>")},
			{picture("image/svg+xml", "<svg><g/></svg>", "text/plain", "6 lanes"), picture("text/html", "<table></table><img src='b'>")},
		},
		"errors with figures": {
			{{Type: "error", EName: "ERROR", EValue: "exit status 2 after 3s\nmore"}},
			{{Type: "error", EName: "ERROR", EValue: "exit status 1 after 40ms"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if a, b := Shape(runs[0]), Shape(runs[1]); a != b {
				t.Errorf("got different shapes, want the same:\n%s\nand\n%s", a, b)
			}
		})
	}
}

func TestTheMachineDoesNotChangeTheShape(t *testing.T) {
	shape := func(m timing.Machine) string {
		return Shape([]Output{picture("text/plain", fmt.Sprintf("160 pages  8.03 s\nMeasured 2026-11-27 on %v.\n", m))})
	}
	want := shape(timing.Machine{Cores: 2, OS: "linux", Arch: "amd64", Go: "go1.26.8", CPU: "AMD EPYC"})
	for _, m := range []timing.Machine{
		{Cores: 2, OS: "linux", Arch: "amd64", Go: "go1.26.8", CPU: "Intel(R) Xeon(R) Processor @ 2.80GHz"},
		{Cores: 1, OS: "linux", Arch: "arm64", Go: "devel go1.27-3f2a1bc Mon Nov 30 2026"}, // ARM kernels give no name
		{Cores: 192, OS: "linux", Arch: "amd64", Go: "go1.26", CPU: "AMD EPYC 9965 192-Core Processor"},
		{Cores: 10, OS: "darwin", Arch: "arm64", Go: "go1.26.8", CPU: "Apple M4"},
		{Cores: 8, OS: "linux", Arch: "s390x", Go: "go1.26.8", CPU: "11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz, 4.8 GHz turbo."},
	} {
		if got := shape(m); got != want {
			t.Errorf("measured on %v: got the shape\n%s\nwant\n%s", m, got, want)
		}
	}
	if got := Shape([]Output{picture("text/plain", "160 pages  8.03 s\nMeasured 2026-11-27.\n")}); got == want {
		t.Errorf("without the machine: got the same shape, want another:\n%s", got)
	}
}

func TestMissingAndNewOutputsChangeTheShape(t *testing.T) {
	base := []Output{
		stream("stdout", "Read 1\nRead 2\n[1 2 3]\ndone\n"),
		picture("image/svg+xml", "<svg/>", "text/plain", "5 lanes"),
		picture("text/html", "<img src='a'>", "text/plain", "x"),
	}
	with := func(i int, o ...Output) []Output {
		return append(append(append([]Output{}, base[:i]...), o...), base[i+1:]...)
	}
	for name, other := range map[string][]Output{
		"a line is missing":              with(0, stream("stdout", "Read 1\n[1 2 3]\ndone\n")),
		"a line is another":              with(0, stream("stdout", "Read 1\nRead 2\n[1 2 3]\nfailed\n")),
		"a list is shorter":              with(0, stream("stdout", "Read 1\nRead 2\n[1 2]\ndone\n")),
		"a line is on the other stream":  with(0, stream("stderr", "Read 1\nRead 2\n[1 2 3]\ndone\n")),
		"a picture is missing":           with(1),
		"a picture lost its mime type":   with(1, picture("text/plain", "5 lanes")),
		"a plain text changed its words": with(1, picture("image/svg+xml", "<svg/>", "text/plain", "no lanes")),
		"an img is missing in HTML":      with(2, picture("text/html", "", "text/plain", "x")),
		"there is a new error":           append(with(0, base[0]), Output{Type: "error", EName: "ERROR", EValue: "x"}),
		"there is no output":             nil,
	} {
		t.Run(name, func(t *testing.T) {
			if Shape(base) == Shape(other) {
				t.Errorf("got the same shape, want different ones:\n%s", Shape(base))
			}
		})
	}
	a := []Output{{Type: "error", EName: "ERROR", EValue: "x"}}
	b := []Output{{Type: "error", EName: "DeadKernelError", EValue: "x"}}
	if Shape(a) == Shape(b) {
		t.Error("two different errors have the same shape")
	}
}
