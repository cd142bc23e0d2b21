package timing

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A row is what tables and charts show of one result.
type row struct {
	Result
	measured bool
	speedup  float64  // how many times as fast as the baseline, per item; 0 without a baseline
	figures  []figure // the documents' times for the same work
	mark     string   // behind the label: what to mind when comparing the row, see marked
}

// These mark rows that can't be compared with the others without care. A note
// below the table says what they mean.
const (
	otherSettings = "†"
	otherMachine  = "‡"
)

var markNotes = []struct{ mark, note string }{
	{otherSettings, "with the settings in brackets: compare it with rows that have the same."},
	{otherMachine, "measured on another machine than this one."},
}

// marked marks rows that weren't measured here, and rows with settings for which
// none of the names asks.
func marked(rows []row, names []string, here Machine) []row {
	for i := range rows {
		r := &rows[i]
		if len(r.Settings) > 0 && !slices.Contains(names, r.label()) {
			r.mark = otherSettings
		}
		if r.measured && !r.Machine.same(here) {
			r.mark += otherMachine
		}
	}
	return rows
}

// rows returns a row for each result with one of these names or labels, in
// their order, or for all results in the order in which they were first
// measured. A name that has not been measured has a row too.
func rows(all []Result, names []string) []row {
	var out []row
	add := func(r Result) {
		out = append(out, row{Result: r, measured: true, speedup: speedup(all, r), figures: figuresOf(r)})
	}
	if len(names) == 0 {
		for _, r := range all {
			add(r)
		}
	}
	for _, name := range names {
		found := false
		for _, r := range all {
			if r.Name == name || (row{Result: r}).label() == name {
				add(r)
				found = true
			}
		}
		if !found {
			r := Result{Name: name}
			out = append(out, row{Result: r, figures: figuresOf(r)})
		}
	}
	return out
}

// given returns the document's figure for the row, or nil if it gives none.
func (r row) given(source string) *figure {
	i := slices.IndexFunc(r.figures, func(f figure) bool { return f.source == source })
	if i < 0 {
		return nil
	}
	return &r.figures[i]
}

// speedup compares r with the baseline of the same kind, settings and machine,
// because times from two machines are not comparable. It compares times per
// item, so that 10,000 downloads can be compared with 160.
func speedup(all []Result, r Result) float64 {
	if r.N <= 0 || r.Seconds <= 0 {
		return 0
	}
	for _, name := range baselineNames(r.Name) {
		i := slices.IndexFunc(all, func(b Result) bool {
			return b.Name == name && sameKind(b.Kind, r.Kind) && b.N > 0 && b.Seconds > 0 && b.Machine.same(r.Machine) && maps.Equal(b.Settings, r.Settings)
		})
		if i >= 0 {
			b := all[i]
			return (b.Seconds / float64(b.N)) / (r.Seconds / float64(r.N))
		}
	}
	return 0
}

func sameKind(a, b Kind) bool { return a == b || a == "" || b == "" }

// label returns the name with the settings.
func (r row) label() string {
	if len(r.Settings) == 0 {
		return r.Name
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(r.Settings)) {
		parts = append(parts, name+" "+r.Settings[name])
	}
	return r.Name + " (" + strings.Join(parts, ", ") + ")"
}

// times formats a speed-up: "5.0×" or "94×".
func times(speedup float64) string {
	switch {
	case speedup == 0:
		return ""
	case speedup < 0.1:
		return fmt.Sprintf("%.2g×", speedup)
	case speedup < 10:
		return fmt.Sprintf("%.1f×", speedup)
	default:
		return fmt.Sprintf("%.0f×", speedup)
	}
}

// machines returns a line for each machine that says when the rows were
// measured there.
func machines(rows []row) []string {
	var lines []string
	seen := map[Machine][2]string{} // first and last day
	var order []Machine
	for _, r := range rows {
		if !r.measured {
			continue
		}
		day := r.Date.Local().Format("2006-01-02")
		days, ok := seen[r.Machine]
		if !ok {
			order = append(order, r.Machine)
			days = [2]string{day, day}
		}
		seen[r.Machine] = [2]string{min(days[0], day), max(days[1], day)}
	}
	for _, m := range order {
		days := seen[m]
		when := days[0]
		if days[1] != days[0] {
			when += " to " + days[1]
		}
		lines = append(lines, fmt.Sprintf("Measured %s on %v.", when, m))
	}
	return lines
}
