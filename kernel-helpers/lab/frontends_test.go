//go:build !browser && !notebooks

package lab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"example.com/speedup/kernel-helpers/cell"
)

const frontends = "frontends" // the Python package speedup_jupyter

// venvPython returns the checkout's Python, or skips the test.
func venvPython(t *testing.T) string {
	t.Helper()
	python, err := filepath.Abs(filepath.Join("..", "..", ".venv", "bin", "python"))
	if err == nil {
		_, err = os.Stat(python)
	}
	if err != nil || testing.Short() {
		t.Skip("this needs ./install.sh prepare, and a second or two")
	}
	return python
}

// TestNotebooksAreExportedAsPrograms runs what JupyterLab's menu "Executable Script"
// runs, which is exporter.py.
func TestNotebooksAreExportedAsPrograms(t *testing.T) {
	python := venvPython(t)
	folder := t.TempDir()
	const notebook = `{"cells":[{"cell_type":"code","id":"a","execution_count":null,"metadata":{},"outputs":[],` +
		`"source":"%%\nprintln(\"hello\")"}],` +
		`"metadata":{"kernelspec":{"name":"none","display_name":""},"language_info":{"name":"go"}},"nbformat":4,"nbformat_minor":5}`
	file := filepath.Join(folder, "a b.ipynb")
	if err := os.WriteFile(file, []byte(notebook), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-m", "nbconvert", "--to", "script", file).CombinedOutput()
	if err != nil {
		t.Fatalf("nbconvert: %v\n%s", err, out)
	}
	got, err := os.ReadFile(filepath.Join(folder, "a b.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"// Program made of the notebook a b.ipynb: ", "\npackage main\n", "\tprintln(\"hello\")\n"} {
		if !strings.Contains(string(got), want) {
			t.Errorf("got the program\n%s\nwant %q in it", got, want)
		}
	}
}

// TestParametersAreGo translates parameters as papermill does. Papermill is not in
// .venv, so what the package imports of it is a stand-in.
func TestParametersAreGo(t *testing.T) {
	python := venvPython(t)
	const program = `
import sys, types
class Translator:
    @classmethod
    def translate(cls, v):
        if v is None: return cls.translate_none(v)
        if isinstance(v, bool): return 'true' if v else 'false'
        for kind in (str, int, float, dict, list):
            if isinstance(v, kind):
                name = {'str': 'escaped_str'}.get(kind.__name__, kind.__name__)
                return getattr(cls, 'translate_' + name)(v)
registered = {}
for name, values in {
    'papermill': {}, 'papermill.engines': {'NBClientEngine': object},
    'papermill.exceptions': {'PapermillException': ValueError},
    'papermill.translators': {'Translator': Translator, 'papermill_translators': types.SimpleNamespace(register=registered.__setitem__)},
}.items():
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(values)
import speedup_jupyter.parameters
go = registered['go']
print(go.comment('Parameters'))
for name, value in {'n': -3, 'f': 2.0, 'b': True, 's': 'ä"\\\n\ufeff', 'none': None, 'list': [1, 2.5],
                    'mixed': [1, 'x'], 'deep': {'a': [True]}, 'empty': [], 'nan': float('nan')}.items():
    print(go.assign(name, go.translate(value)))
for name, value in {'range': 1, 'a-b': 1, 'big': 2**63}.items():
    try: print('accepted:', go.assign(name, go.translate(value)))
    except ValueError: pass
`
	const want = `// Parameters
var n = -3
var f = float64(2.0)
var b = true
var s = "ä\"\\\U0000000a\U0000feff"
var none = any(nil)
var list = []float64{1, float64(2.5)}
var mixed = []any{1, "x"}
var deep = map[string][]bool{"a": []bool{true}}
var empty = []any{}
var nan = math.NaN()
`
	run := exec.CommandContext(t.Context(), python, "-c", program)
	run.Env = append(os.Environ(), "PYTHONUTF8=1")
	run.Stderr = t.Output()
	got, err := run.Output()
	if err != nil || string(got) != want {
		t.Fatalf("got error %v and\n%s\nwant\n%s", err, got, want)
	}
	if c, err := cell.Split(string(got)); err != nil || len(c.Decls) != 10 {
		t.Errorf("a cell of it: got error %v, want 10 declarations", err)
	}
}

// TestEntryPointsAreThoseOfThePackage looks for each object that an entry point
// names.
func TestEntryPointsAreThoseOfThePackage(t *testing.T) {
	want, err := os.ReadFile(filepath.Join(frontends, "entry_points.txt"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := os.ReadFile(filepath.Join(frontends, "pyproject.toml"))
	if err != nil || !strings.Contains(string(project), `file = "entry_points.txt"`) {
		t.Errorf("pyproject.toml: got error %v, want that it takes its entry points from entry_points.txt", err)
	}
	for line := range strings.Lines(string(want)) {
		_, object, found := strings.Cut(strings.TrimSpace(line), " = ")
		if !found {
			continue
		}
		module, name, _ := strings.Cut(object, ":")
		source, err := os.ReadFile(filepath.Join(frontends, filepath.FromSlash(strings.ReplaceAll(module, ".", "/"))+".py"))
		if err != nil || !strings.Contains(string(source), "\nclass "+name+"(") && !strings.Contains(string(source), "\n"+name+" = ") {
			t.Errorf("%s: got error %v, want that the module has it", object, err)
		}
	}
}
