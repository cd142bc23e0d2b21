package stats

import (
	_ "embed" // for the template
	"fmt"
	"html/template"
	"io"
)

//go:embed page.html.tmpl
var pageText string

var page = template.Must(template.New("stats").Funcs(template.FuncMap{
	"number": func(v float64) string { return fmt.Sprintf("%.4g", v) },
	"share":  func(t Test) string { return fmt.Sprintf("%.0f %%", 100*t.Share()) },
	"tests":  Exercise.testsChart,
	"spread": Stats.spreadChart,
}).Parse(pageText))

// WriteHTML writes a page with tables and charts. It runs nothing and loads nothing.
func (s Stats) WriteHTML(w io.Writer) error { return page.Execute(w, s) }
