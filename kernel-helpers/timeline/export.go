package timeline

import (
	_ "embed"
	"encoding/json"
	"html"
	"strconv"
	"strings"

	"example.com/speedup/kernel-helpers/base/svg"
)

//go:embed export.html
var page string

// mostSpans limits a page to some 10 MB. In a longer run, spans that are too
// short to be visible without much zoom are joined with their neighbours.
const mostSpans = 400_000

// HTML returns a page that shows the run with zoom, and details under the
// pointer. It is a single file that loads nothing else, and it follows the
// reader's light or dark theme.
func (r *Run) HTML(title string) []byte {
	var b strings.Builder
	head, foot, _ := strings.Cut(page, "DATA")
	b.WriteString(strings.ReplaceAll(head, "TITLE", html.EscapeString(title)))
	r.json(&b, title)
	b.WriteString(foot)
	return []byte(b.String())
}

// json writes the run as the page's script reads it. Times are integers in
// nanoseconds. A span is four numbers: the gap before it, its length, its state
// and its place.
func (r *Run) json(b *strings.Builder, title string) {
	count := 0
	for _, s := range r.sections(settings{}) {
		for _, row := range s.rows {
			count += len(row.spans)
		}
	}
	shortest := int64(0)
	if count > mostSpans {
		shortest = r.wall / 10_000
	}
	b.WriteString(`{"title":` + quote(title) + `,"wall":` + strconv.FormatInt(r.wall, 10) + `,"states":[`)
	for s := Absent; s < stateCount; s++ {
		k := stateStyles[s]
		b.WriteString(comma(int(s)) + `[` + quote(s.String()) + `,` + quote(k.colour) + `,` + svg.Number(k.height) + `,` + svg.Number(k.place) + `]`)
	}
	b.WriteString(`],"numbers":[`)
	for i, l := range r.Numbers().lines() {
		b.WriteString(comma(i) + `[` + quote(l.name) + `,` + quote(l.value) + `]`)
	}
	b.WriteString(`],"places":[`)
	for i, p := range r.places {
		text := p.function
		if p.source != "" {
			text += ": " + p.source
		}
		b.WriteString(comma(i) + quote(text))
	}
	b.WriteString(`],"groups":[`)
	for i, s := range r.sections(settings{}) {
		b.WriteString(comma(i) + `{"name":` + quote(s.name) + `,"lanes":[`)
		for j, row := range s.rows {
			b.WriteString(comma(j) + `[` + quote(row.label) + `,[`)
			spansJSON(b, row.spans, shortest)
			b.WriteString(`]]`)
		}
		b.WriteString(`]}`)
	}
	b.WriteString(`]}`)
}

func spansJSON(b *strings.Builder, spans []span, shortest int64) {
	at, first := int64(0), true
	for i := 0; i < len(spans); {
		s := spans[i]
		i++
		// A joined span has the state of its longest part.
		longest := s.length()
		for s.length() < shortest && i < len(spans) && spans[i].from == s.to {
			if spans[i].length() > longest {
				longest = spans[i].length()
				s.state, s.place = spans[i].state, spans[i].place
			}
			s.to = spans[i].to
			i++
		}
		if !first {
			b.WriteByte(',')
		}
		first = false
		for k, v := range []int64{s.from - at, s.length(), int64(s.state), int64(s.place)} {
			b.WriteString(comma(k) + strconv.FormatInt(v, 10))
		}
		at = s.to
	}
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// quote returns text as a JSON string that is safe inside <script>.
func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil { // strings can't fail
		return `""`
	}
	return string(quoted)
}
