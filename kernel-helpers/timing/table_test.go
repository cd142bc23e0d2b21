package timing

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"example.com/speedup/kernel-helpers/base/svg/svgtest"
)

var (
	here  = Machine{Cores: 2, OS: "linux", Arch: "amd64", Go: "go1.26"}
	there = Machine{Cores: 8, OS: "darwin", Arch: "arm64", Go: "go1.26"}
	date  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	blogs = map[string]string{"pages": "blog"}
	// measured holds results as a notebook would measure them.
	measured = []Result{
		{Name: "one after another", Kind: KindDownloads, Seconds: 8, N: 160, Machine: here, Date: date},
		{Name: "5 workers", Kind: KindDownloads, Seconds: 1.6, N: 160, Machine: here, Date: date},
		{Name: "fan-out", Kind: KindDownloads, Seconds: 1, N: 10000, Machine: here, Date: date},
		{Name: "5 workers", Kind: KindDownloads, Seconds: 2, N: 160, Machine: here, Date: date, Settings: blogs},
		{Name: "squares, one after another", Kind: KindWork, Seconds: 4, N: 20, Machine: here, Date: date},
		{Name: "squares, processes", Kind: KindWork, Seconds: 2, N: 20, Machine: here, Date: date},
		{Name: "primes, processes", Kind: KindWork, Seconds: 2, N: 20, Machine: here, Date: date},
		{Name: "processes", Kind: KindDownloads, Seconds: 2, N: 160, Machine: there, Date: date.AddDate(0, 0, 3)},
		{Name: "fan-out by Measure", Seconds: 0.1, N: 160, Machine: here, Date: date},
		{Name: "no items", Kind: KindDownloads, Seconds: 2, N: 0, Machine: here, Date: date},
	}
)

func TestASpeedUpIsAgainstTheBaselineOfTheSameWorkPlaceAndSettings(t *testing.T) {
	want := map[string]float64{
		"one after another":          1,
		"5 workers":                  5,
		"fan-out":                    500, // per download
		"5 workers (pages blog)":     0,   // its baseline was not measured
		"squares, one after another": 1,
		"squares, processes":         2,
		"primes, processes":          0, // never compared with downloads
		"processes":                  0, // never compared with another machine
		"fan-out by Measure":         80,
		"no items":                   0,
	}
	for _, r := range rows(measured, nil) {
		if got := r.speedup; got < want[r.label()]*0.999 || got > want[r.label()]*1.001 {
			t.Errorf("%s is %v times as fast, want %v", r.label(), got, want[r.label()])
		}
	}
}

func TestTheDocumentsFiguresHaveAColumnEach(t *testing.T) {
	text := newTable(rows(measured, nil)).text()
	for _, want := range []string{
		"what                            n  seconds  speed-up  002, s  004, s  Real Python, s\n",
		"\none after another             160     8.00      1.0×               9           14.29\n",
		"\n5 workers                     160     1.60      5.0×               3            3.19\n",
		"\n5 workers (pages blog)        160     2.00            34.54*\n",
		"\nsquares, processes             20     2.00      2.0×    3.23\n",
		"\n* 002: its table says 35.54.\n",
		"\n002, 004, Real Python: seconds that they give for the same",
		"Measured 2026-11-23 on 2 cores, linux/amd64, go1.26.\n",
		"Measured 2026-11-26 on 8 cores, darwin/arm64, go1.26.\n",
	} {
		if !strings.Contains("\n"+text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	markup := newTable(rows(measured, nil)).html()
	svgtest.Texts(t, markup)
	if got := strings.Count(markup, "<tr>"); got != len(measured)+1 {
		t.Errorf("the HTML table has %d lines, want %d", got, len(measured)+1)
	}
	if got := strings.Count(markup, "<t"+"h "); got != 7 {
		t.Errorf("the HTML table has %d heads, want 7", got)
	}
}

func TestATableWithoutDocumentFiguresHasNoColumnForThem(t *testing.T) {
	if text := newTable(rows(measured, []string{"primes, processes"})).text(); strings.Contains(text, ", s") || strings.Contains(text, "they give") {
		t.Errorf("got\n%s\nwant no column or note of the documents", text)
	}
}

func TestAFigureIsFormattedAsInItsDocument(t *testing.T) {
	for seconds, want := range map[float64]string{9: "9", 6.9: "6.90", 0.047: "0.047", 147.57: "147.57"} {
		if got := new(table).figure(&figure{seconds: seconds}); got != want {
			t.Errorf("%v is formatted as %s, want %s", seconds, got, want)
		}
	}
}

func TestEveryFigureHasAColumn(t *testing.T) {
	for _, f := range figures {
		if !slices.Contains(sources, f.source) {
			t.Errorf("%s of %s has no column", f.name, f.source)
		}
	}
}

func TestTheColumnsOfThePlainTableAreAligned(t *testing.T) {
	lines := strings.Split(newTable(rows(measured[:4], nil)).text(), "\n")
	column := func(line, text string) int { return utf8.RuneCountInString(line[:strings.Index(line, text)+len(text)]) }
	if a, b, c := column(lines[0], "seconds"), column(lines[1], "8.00"), column(lines[4], "2.00"); a != b || b != c {
		t.Errorf("the seconds end in columns %d, %d and %d, want the same column:\n%s", a, b, c, strings.Join(lines, "\n"))
	}
}

func TestATableOfNamesKeepsTheirOrderAndShowsWhatIsMissing(t *testing.T) {
	var got []string
	for _, cells := range newTable(rows(measured, []string{"processes × fan-out", "5 workers", "one after another"})).lines[1:] {
		got = append(got, cells[0]+" "+cells[2])
	}
	want := []string{"processes × fan-out not measured yet", "5 workers 1.60", "5 workers (pages blog) 2.00", "one after another 8.00"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestADocumentsSpeedUpIsComputedFromItsOwnFigures(t *testing.T) {
	for _, c := range []struct {
		source, name, pages string
		want                string
	}{
		{"004", "5 workers", "", "3.0×"},
		{realPython, "fan-out", "", "29×"},
		{"002", "fan-out", blog, "10×"},
		{"002", "squares, processes", "", "3.5×"},
		{realPython, "fibonacci, fan-out", "", "0.4×"},
		{"003", "5 workers, errors lost", "", ""},
	} {
		i := slices.IndexFunc(figures, func(f figure) bool { return f.source == c.source && f.name == c.name && f.pages == c.pages })
		if i < 0 {
			t.Errorf("no figure of %s for %s", c.source, c.name)
		} else if got := times(figures[i].speedup()); got != c.want {
			t.Errorf("%s of %s has the speed-up %q, want %q", c.name, c.source, got, c.want)
		}
	}
}

func TestTheChartHasATextThatGivesItsFigures(t *testing.T) {
	bars, left := bars(measured, nil, here)
	if len(bars) != 6 || left != 4 {
		t.Fatalf("%d bars and %d left out, want 6 and 4", len(bars), left)
	}
	svg := chartSVG(bars)
	svgtest.Texts(t, svg)
	svgtest.Readable(t, svg)
	for _, want := range []string{"5 workers", "5.0×, 1.60 s", "004: 3.0×", "logarithmic", "measured here", "Real Python: 4.5×", `stroke="` + articleBar.Stroke} {
		if !strings.Contains(svg, want) {
			t.Errorf("%q is missing in the picture", want)
		}
	}
	if text := chartText(bars); !strings.Contains(text, "5 workers: 5.0×, 1.60 s; 004: 3.0×; Real Python: 4.5×\n") {
		t.Errorf("the line of 5 workers is missing in\n%s", text)
	}
}

func TestAChartOfManyLongNamesStaysSmall(t *testing.T) {
	all := []Result{{Name: baseline, Seconds: 8, N: 160, Machine: here}}
	for i := range 100 {
		all = append(all, Result{Name: strings.Repeat("<&> a long name ", 20) + fmt.Sprint(i), Seconds: 1, N: 160, Machine: here})
	}
	bars, left := bars(all, nil, here)
	if svg := chartSVG(bars); len(svg) > 40<<10 || left != 101-mostBars {
		t.Errorf("%d bytes and %d bars left out, want at most %d and %d", len(svg), left, 40<<10, 101-mostBars)
	}
}

func TestTheScaleFitsTheBars(t *testing.T) {
	for _, c := range []struct {
		speedups []float64
		log      bool
	}{
		{[]float64{1}, false},
		{[]float64{1, 3.4}, false},
		{[]float64{0.5, 1, 12}, false},
		{[]float64{1, 93}, true},
		{[]float64{0.001, 1}, true},
		{[]float64{1, 1e9}, true},
	} {
		var bars []row
		for _, s := range c.speedups {
			bars = append(bars, row{speedup: s})
		}
		s := scaleFor(bars)
		if s.log != c.log {
			t.Errorf("%v: logarithmic is %t, want %t", c.speedups, s.log, c.log)
		}
		for _, v := range c.speedups {
			if x := s.x(v); x < barsLeft+2 || x > barsRight+0.01 {
				t.Errorf("%v: the bar of %v ends at %v, want %d to %d", c.speedups, v, x, barsLeft+2, barsRight)
			}
		}
		for _, tick := range s.ticks {
			if x := s.x(tick); x < barsLeft-0.01 || x > barsRight+0.01 {
				t.Errorf("%v: the tick of %v is at %v, want %d to %d", c.speedups, tick, x, barsLeft, barsRight)
			}
		}
		if len(s.ticks) < 2 || len(s.ticks) > 12 || !slices.Contains(s.ticks, 1) {
			t.Errorf("%v: ticks are %v, want 2 to 12 that include 1", c.speedups, s.ticks)
		}
	}
}

func TestANameWithSettingsSelectsOneRow(t *testing.T) {
	all := []Result{
		{Name: "5 workers"},
		{Name: "5 workers", Settings: map[string]string{"pages": "blog"}},
		{Name: "fan-out"},
	}
	for name, want := range map[string]int{"5 workers": 2, "5 workers (pages blog)": 1} {
		got := rows(all, []string{name})
		if len(got) != want {
			t.Errorf("%q selects %d rows, want %d", name, len(got), want)
		}
	}
}

func TestRowsOfOtherSettingsAndMachinesAreMarked(t *testing.T) {
	names := []string{"5 workers (pages blog)", "5 workers", "processes"}
	var got []string
	for _, r := range marked(rows(measured, names), names, here) {
		got = append(got, r.label()+r.mark)
	}
	want := []string{"5 workers (pages blog)", "5 workers", "5 workers (pages blog)", "processes‡"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	text := newTable(marked(rows(measured, []string{"5 workers"}), []string{"5 workers"}, here)).text()
	for _, want := range []string{"5 workers (pages blog)† ", "\n† with the settings in brackets"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, otherMachine) {
		t.Errorf("got a mark for another machine in\n%s", text)
	}
}

func TestASummaryHasEachResultOnce(t *testing.T) {
	first, rest := summary(measured, []string{"5 workers", "fan-out"}, here)
	if len(first.lines) != 1+3 || len(rest.lines) != 1+len(measured)-3 {
		t.Errorf("%d rows shown and %d folded, want 3 and %d", len(first.lines)-1, len(rest.lines)-1, len(measured)-3)
	}
	for _, cells := range rest.lines[1:] {
		if strings.HasPrefix(cells[0], "5 workers") || cells[0] == "fan-out" {
			t.Errorf("%s is folded away too", cells[0])
		}
	}
}
