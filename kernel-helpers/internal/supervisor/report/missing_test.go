package report

import (
	"strings"
	"testing"
)

func TestAMistypedImportIsNamedWithoutTheRegistry(t *testing.T) {
	cells := Sources{
		1: "import \"example.com/other\"",
		2: "import (\n\t\"fmt\"\n\t\"example.com/course/sitez\"\n)\n%%\nfmt.Println(sitez.X)",
	}
	const start = "package example.com/course/sitez is not found: "
	for name, c := range map[string]struct{ value, want string }{
		"no module": {"go: downloading example.com/a v1.0.0\ngo: module example.com/course/sitez: reading https://proxy.invalid/example.com/course/sitez/@v/list: 400 Bad Request\n",
			start + "the proxy of Go modules has no module of this path (400 Bad Request)"},
		"refused": {"go: module example.com/course/sitez: reading https://proxy.invalid/example.com/course/sitez/@v/list: 403 Forbidden\n\tserver response: not available\n",
			start + "the proxy of Go modules has no module of this path (403 Forbidden)"},
		"no network": {"go: module example.com/course/sitez: Get \"https://proxy.invalid/example.com/course/sitez/@v/list\": dial tcp: lookup proxy.invalid: no such host\n",
			start + "it is not on this machine, and the proxy of Go modules cannot be asked (dial tcp: lookup proxy.invalid: no such host)"},
		"no proxy": {"go: example.com/course/sitez: module lookup disabled by GOPROXY=off\n",
			start + "it is not on this machine, and the proxy of Go modules cannot be asked (module lookup disabled by GOPROXY=off)"},
		"no such package in a module": {"go: module example.com/course@upgrade found (v0.17.0), but does not contain package example.com/course/sitez\n",
			start + "module example.com/course has no package of this path"},
	} {
		f := Explain(FailedCell{Value: c.value, Sources: cells})
		if want := c.want + "; check the path of the import"; f.Name != CompileError || f.Value != want {
			t.Errorf("%s: got %s: %s\nwant %s: %s", name, f.Name, f.Value, CompileError, want)
		}
		if got := plainText(f); strings.Contains(got, "https:") || !strings.HasSuffix(got, "\ncell 2, line 3\n    \t\"example.com/course/sitez\"\n    \t^") {
			t.Errorf("%s: got\n%s\nwant the line of the import, and no address", name, got)
		}
	}
}
