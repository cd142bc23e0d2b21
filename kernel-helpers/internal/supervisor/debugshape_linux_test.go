package supervisor

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// otherwise are the fields that ipykernel's answers have and ours don't, with the
// reasons.
var otherwise = map[string]string{
	".body.exceptionPaths[]":                        "Go has no classes of exceptions",
	".body.supports":                                "a capability that this debugger doesn't have",
	".body.variables[].type":                        "JupyterLab would show it in place of the value",
	".body.variables[].evaluateName":                "not each part of a value can be named",
	".body.variables[].presentationHint.attributes": "strings are quoted as Go quotes them",
	".body.preserveFocusHint":                       "optional in the protocol",
	".body.stackFrames[].source.sourceReference":    "sources are asked for by path",
	"inspectVariables .body.variables[]":            "variables exist while a program stands",
}

// JupyterLab's requests for a debugged cell are answered in the shape of ipykernel's
// answers.
func TestDebugAnswersHaveTheShapeOfIpykernels(t *testing.T) {
	b := tools(t)
	if b.gopls == "" || !exists(filepath.Join(filepath.Dir(b.gopls), "dlv")) {
		t.Skip("bin/dlv is missing: ./install.sh prepare builds it")
	}
	python := findPython(t, b.checkout, "jupyter_kernel_test")
	dir := t.TempDir()
	writeRealSpec(t, dir, realArgv(t))
	writeSpec(t, dir, "python-beside", []string{python, "-m", "ipykernel_launcher", "-f", "{connection_file}"}, map[string]string{"PYDEVD_DISABLE_FILE_VALIDATION": "1"})

	type shape struct {
		request string
		fields  map[string]string
	}
	shapes := func(kernel, cell string) (list []shape) {
		t.Helper()
		file := filepath.Join(dir, kernel+".txt")
		if err := os.WriteFile(file, []byte(cell), 0o600); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, python, filepath.Join("testdata", "debugshape.py"), kernel, file)
		cmd.Env = jupyterEnv(dir)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", kernel, err, stderr.String())
		}
		var raw [][2]json.RawMessage
		if err := json.Unmarshal(out, &raw); err != nil {
			t.Fatalf("%s: %v\n%s", kernel, err, out)
		}
		for _, pair := range raw {
			var s shape
			if err := json.Unmarshal(pair[0], &s.request); err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(pair[1], &s.fields); err != nil {
				t.Fatal(err)
			}
			list = append(list, s)
		}
		return list
	}
	theirs := shapes("python-beside", "values = [1, 2]\nprint(1)\nprint(values)\nprint(3)\n")
	ours := shapes("gonb-under-test", "%%\nvalues := []int{1, 2}\nfmt.Println(values)\nfmt.Println(3)\n")
	if len(ours) != len(theirs) {
		t.Fatalf("got %d answers, want %d", len(ours), len(theirs))
	}
	for i, their := range theirs {
		for _, path := range slices.Sorted(maps.Keys(their.fields)) {
			got, want := ours[i].fields[path], their.fields[path]
			excused := false
			for prefix := range otherwise {
				excused = excused || got == "" && (strings.HasPrefix(path, prefix) || strings.HasPrefix(their.request+" "+path, prefix))
			}
			if got != want && !excused {
				t.Errorf("%d, %s: %s: got %q, want %q as in ipykernel's answer", i, their.request, path, got, want)
			}
		}
	}
}
