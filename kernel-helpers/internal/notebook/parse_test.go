package notebook

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func testFiles(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.ipynb")
	if err != nil || len(files) == 0 {
		t.Fatalf("no notebooks in testdata: %v", err)
	}
	return files
}

func TestAnUnchangedNotebookIsWrittenByteForByte(t *testing.T) {
	for _, file := range testFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			nb := parse(t, string(text))
			if !bytes.Equal(nb.Bytes(), text) {
				t.Error("the written bytes differ from those read")
			}
		})
	}
}

// Outputs saved by JupyterLab must look the same when they are rewritten.
func TestOutputsAreWrittenAsJupyterLabSavesThem(t *testing.T) {
	for _, file := range []string{"testdata/jupyterlab-4.5.ipynb", "testdata/nbformat-4.4-without-ids.ipynb"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		nb := parse(t, string(text))
		for _, c := range nb.cells {
			if c.kind == "code" {
				c.setOutputs(c.outputs)
			}
		}
		if got := nb.Bytes(); !bytes.Equal(got, text) {
			t.Errorf("%s: got\n%s\nwant\n%s", file, got, text)
		}
		pretty := append(appendPretty(nil, text, &nb.root, 0), '\n')
		if !bytes.Equal(pretty, text) {
			t.Errorf("%s: rewritten as a whole, got\n%s\nwant\n%s", file, pretty, text)
		}
	}
}

func TestCellsReturnTheirFields(t *testing.T) {
	nb, err := Read("testdata/jupyterlab-4.5.ipynb")
	if err != nil {
		t.Fatal(err)
	}
	if nb.KernelName() != "gonb" {
		t.Errorf("got kernel %q, want gonb", nb.KernelName())
	}
	if got := string(nb.Metadata("language_info", "name")); got != `"go"` {
		t.Errorf("language_info.name is %s, want \"go\"", got)
	}
	if got := nb.Metadata("language_info", "none", "name"); got != nil {
		t.Errorf("a missing path: got %s, want nil", got)
	}
	cells := nb.Cells()
	var ids, kinds []string
	for _, c := range cells {
		ids = append(ids, c.ID())
		kinds = append(kinds, c.Type())
	}
	if want := []string{"md-1", "raw_1", "empty", "code-1", "code-2", "code-3", "code-4"}; !slices.Equal(ids, want) {
		t.Errorf("got ids %q, want %q", ids, want)
	}
	if want := []string{"markdown", "raw", "code", "code", "code", "code", "code"}; !slices.Equal(kinds, want) {
		t.Errorf("got types %q, want %q", kinds, want)
	}
	if got, want := cells[3].Source(), "%%\nfmt.Println(\"héllo\")"; got != want {
		t.Errorf("got source %q, want %q", got, want)
	}
	if !cells[4].HasTag("raises-exception") || cells[4].HasTag("y") || len(cells[4].Tags()) != 2 {
		t.Errorf("got tags %q, want 2 with raises-exception", cells[4].Tags())
	}
	if got := string(cells[4].Metadata("source", "cell")); got != "3" {
		t.Errorf("source.cell is %s, want 3", got)
	}
	if first, none := cells[3].ExecutionCount(), cells[2].ExecutionCount(); first != 1 || none != 0 {
		t.Errorf("got execution counts %d and %d, want 1 and 0", first, none)
	}
	out := cells[3].Outputs()
	if len(out) != 3 || out[0].Name != "stdout" || !strings.HasPrefix(out[0].Text, "héllo\nzwei\u0085drei\u2029vier") {
		t.Errorf("got outputs %+v, want 3", out)
	}
	out = cells[4].Outputs()
	if html, ok := out[0].MimeText("text/html"); !ok || html != "<b>a</b>\n<i>b</i>" {
		t.Errorf("got text/html %q, %v", html, ok)
	}
	if _, ok := out[0].MimeText("application/json"); ok {
		t.Error("MimeText returned a JSON value")
	}
	if out[1].ExecutionCount != 2 {
		t.Errorf("got execution count %d, want 2", out[1].ExecutionCount)
	}
	out = cells[5].Outputs()
	if out[0].EName != "ERROR" || out[0].EValue != "exit status 2" || len(out[0].Traceback) != 3 {
		t.Errorf("got error %+v, want exit status 2", out[0])
	}
}

func TestOnlyWhatIsEditedChanges(t *testing.T) {
	for _, file := range testFiles(t) {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkEdit(t, text)
		})
	}
}

// checkEdit edits every code cell and compares the whole document with the
// expected one.
func checkEdit(t *testing.T, text []byte) {
	nb := parse(t, string(text))
	var want map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for i, c := range nb.cells {
		if c.kind != "code" {
			continue
		}
		c.setOutputs([]*Output{{Type: "stream", Name: "stdout", Text: "a\nb"}})
		c.setCount(7)
		if err := c.metadata.setValue(nb.text, "execution", []byte(`{"b":"1"}`)); err != nil {
			t.Fatal(err)
		}
		cell := want["cells"].([]any)[i].(map[string]any)
		cell["outputs"] = []any{map[string]any{"name": "stdout", "output_type": "stream", "text": []any{"a\n", "b"}}}
		cell["execution_count"] = 7.0
		cell["metadata"].(map[string]any)["execution"] = map[string]any{"b": "1"}
	}
	if err := nb.metadata.setValue(nb.text, "language_info", []byte(`{"version":"1","name":"x"}`)); err != nil {
		t.Fatal(err)
	}
	want["metadata"].(map[string]any)["language_info"] = map[string]any{"version": "1", "name": "x"}
	out := nb.Bytes()
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%s\nwant\n%v", out, want)
	}
	if !bytes.HasSuffix(out, []byte("\n")) {
		t.Errorf("the text ends in %q, want a newline", out[max(0, len(out)-5):])
	}
	again, err := Parse(out)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Bytes(), out) {
		t.Error("the written notebook changes when it is read and written again")
	}
}

func TestNewMembersAreInsertedInOrder(t *testing.T) {
	nb := parse(t, `{
 "cells": [
  {
   "cell_type": "code",
   "metadata": {},
   "outputs": [],
   "source": []
  }
 ],
 "metadata": {
  "kernelspec": {},
  "zoo": 1
 },
 "nbformat": 4,
 "nbformat_minor": 4
}
`)
	nb.cells[0].setCount(1)
	if err := nb.cells[0].metadata.setValue(nb.text, "execution", []byte(`{}`)); err != nil {
		t.Fatal(err)
	}
	if err := nb.metadata.setValue(nb.text, "language_info", []byte(`{"name":"go"}`)); err != nil {
		t.Fatal(err)
	}
	want := `{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {
    "execution": {}
   },
   "outputs": [],
   "source": []
  }
 ],
 "metadata": {
  "kernelspec": {},
  "language_info": {
   "name": "go"
  },
  "zoo": 1
 },
 "nbformat": 4,
 "nbformat_minor": 4
}
`
	if got := string(nb.Bytes()); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestAnEquivalentValueKeepsItsText(t *testing.T) {
	text := `{"metadata":{"language_info":{"version" : "1","name":"g\u006f"}},"nbformat":4,"nbformat_minor":5,"cells":[]}`
	nb := parse(t, text)
	if err := nb.metadata.setValue(nb.text, "language_info", []byte(`{"name":"go","version":"1"}`)); err != nil {
		t.Fatal(err)
	}
	if got := string(nb.Bytes()); got != text {
		t.Errorf("got %s, want %s", got, text)
	}
}

func parse(t *testing.T, text string) *Notebook {
	t.Helper()
	nb, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return nb
}

func TestErrorsContainPositionAndReason(t *testing.T) {
	cell := func(cells ...string) string {
		return "{\"nbformat\":4,\"nbformat_minor\":5,\"metadata\":{},\"cells\":[\n" + strings.Join(cells, ",\n") + "\n]}"
	}
	output := func(output string) string {
		return cell(`{"cell_type":"code","id":"a","metadata":{},"source":"x","execution_count":null,"outputs":[` + output + `]}`)
	}
	for name, test := range map[string]struct{ text, want string }{
		"empty":             {"", "not JSON: the file is empty"},
		"blank":             {" \n", "not JSON: the file is empty"},
		"not JSON":          {"{\n \"é\": nope}", "line 2, column 8: not JSON: invalid character 'o' in literal null (expecting 'u')"},
		"cut off":           {"{\n\"cells\": [", "line 2, column 11: not JSON: the file ends in the middle of a value"},
		"trailing garbage":  {cell() + "\n\n }", "line 5, column 2: more text follows the end of the notebook"},
		"two notebooks":     {cell() + cell(), "line 3, column 3: more text follows the end of the notebook"},
		"a name twice":      {"{\"nbformat\":4,\n\"nbformat\":3}", "line 2, column 1: not JSON: duplicate object member name"},
		"byte order mark":   {"\xef\xbb\xbf" + cell(), "not JSON: the file starts with a byte order mark; save it as UTF-8 without one"},
		"not UTF-8":         {"{\"a\":\n \"é\xff\"}", "line 2, column 4: not UTF-8 text"},
		"a list":            {" []", "line 1, column 2: not a notebook: it contains a list, not an object"},
		"not a notebook":    {`{"a":1}`, `line 1, column 1: not a notebook: it has no "nbformat"`},
		"nbformat 3":        {"{\"nbformat\":3,\"worksheets\":[]}", "line 1, column 13: this is nbformat 3, but only nbformat 4 is supported; open it in JupyterLab and save it, or run: jupyter nbconvert --to notebook --inplace FILE"},
		"nbformat a string": {`{"nbformat":"4"}`, `line 1, column 13: "nbformat" is a string, not a number`},
		"half a version":    {`{"nbformat":4,"nbformat_minor":0.5}`, `line 1, column 32: "nbformat_minor" is 0.5, not a whole number`},
		"no metadata":       {`{"nbformat":4,"nbformat_minor":5,"cells":[]}`, `line 1, column 1: "metadata" is missing`},
		"cells an object":   {`{"nbformat":4,"nbformat_minor":5,"metadata":{},"cells":{}}`, `line 1, column 56: "cells" is an object, not a list`},
		"a cell a string":   {cell(`"x"`), "line 2, column 1: cell 1: it is a string, not an object"},
		"no type":           {cell(`{}`), `line 2, column 1: cell 1: "cell_type" is missing`},
		"unknown type":      {cell(`{"cell_type":"heading"}`), `line 2, column 14: cell 1: its type is "heading", but nbformat 4.5 has only code, markdown and raw`},
		"duplicate ids": {cell(`{"cell_type":"raw","id":"a","metadata":{},"source":""}`, `{"cell_type":"raw","id":"a","metadata":{},"source":""}`),
			`line 3, column 1: cell 2: its id "a" is already used by cell 1`},
		"id a number":          {cell(`{"cell_type":"raw","id":1,"metadata":{},"source":""}`), `line 2, column 25: cell 1: "id" is a number, not a string`},
		"source a number":      {cell(`{"cell_type":"raw","metadata":{},"source":[1]}`), `line 2, column 43: cell 1: "source" is neither a string nor a list of strings`},
		"metadata null":        {cell(`{"cell_type":"raw","metadata":null,"source":""}`), `line 2, column 31: cell 1: "metadata" is null, not an object`},
		"tags a string":        {cell(`{"cell_type":"raw","metadata":{"tags":"x"},"source":""}`), `line 2, column 39: cell 1: "tags" is a string, not a list`},
		"a tag a number":       {cell(`{"cell_type":"raw","metadata":{"tags":[true]},"source":""}`), `line 2, column 40: cell 1: "tags" contains a boolean, not only strings`},
		"no outputs":           {cell(`{"cell_type":"code","metadata":{},"source":""}`), `line 2, column 1: cell 1: "outputs" is missing`},
		"count a string":       {cell(`{"cell_type":"code","metadata":{},"source":"","outputs":[],"execution_count":"1"}`), `line 2, column 78: cell 1: "execution_count" is a string, not a number`},
		"output a string":      {output(`"x"`), `line 2, column 91: cell 1: output 1: it is a string, not an object`},
		"output without type":  {output(`{}`), `line 2, column 91: cell 1: output 1: "output_type" is missing`},
		"output type":          {output(`{"output_type":"pyout"}`), `line 2, column 106: cell 1: output 1: its type "pyout" is unknown in nbformat 4.5`},
		"stream text a number": {output(`{"output_type":"stream","name":"stdout","text":1}`), `line 2, column 138: cell 1: output 1: "text" is neither a string nor a list of strings`},
		"data a list":          {output(`{"output_type":"display_data","data":[]}`), `line 2, column 128: cell 1: output 1: "data" is a list, not an object`},
		"traceback a string":   {output(`{"output_type":"error","ename":"","evalue":"","traceback":""}`), `line 2, column 149: cell 1: output 1: "traceback" is a string, not a list`},
		"deep":                 {strings.Repeat("[", 20000), "line 1, column 10001: not JSON: exceeded max depth"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse([]byte(test.text))
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestALaterMinorVersionMayHaveMoreTypes(t *testing.T) {
	text := `{"nbformat":4,"nbformat_minor":6,"metadata":{},"cells":[{"cell_type":"chart","metadata":{}},
{"cell_type":"code","metadata":{},"source":"","outputs":[{"output_type":"sound","volume":1.50}],"execution_count":null}]}`
	nb := parse(t, text)
	nb.cells[1].setOutputs(nb.cells[1].outputs)
	if got := string(nb.Bytes()); !strings.Contains(got, `"volume": 1.50`) {
		t.Errorf("got %s, want the unknown output unchanged", got)
	}
}

// FuzzParse checks that a parsed notebook is written unchanged, and that its
// outputs are the same after rewriting.
func FuzzParse(f *testing.F) {
	for _, file := range testFiles(f) {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"nbformat":4,"nbformat_minor":5,"metadata":{ },"cells":[{"cell_type":"code","id":"a","metadata":{},"source":["x"],"outputs":[{"output_type":"error","ename":"\ud83d","evalue":"","traceback":[]}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		nb, err := Parse(text)
		if err != nil {
			return
		}
		if !bytes.Equal(nb.Bytes(), text) {
			t.Fatal("an unchanged notebook is written with other bytes")
		}
		for _, c := range nb.cells {
			_ = Shape(c.Outputs())
			if c.kind == "code" {
				c.setOutputs(c.outputs)
			}
		}
		anew := nb.Bytes()
		again, err := Parse(anew)
		if err != nil {
			t.Fatalf("with rewritten outputs: %v\n%s", err, anew)
		}
		for i, c := range again.cells {
			if !slices.EqualFunc(c.outputs, nb.cells[i].outputs, sameOutput) {
				t.Fatalf("cell %d: the outputs have changed:\n%s", i+1, anew)
			}
		}
		checkEdit(t, text)
	})
}

func sameOutput(a, b *Output) bool {
	return a.Type == b.Type && a.Name == b.Name && a.Text == b.Text && a.EName == b.EName && a.EValue == b.EValue &&
		slices.Equal(a.Traceback, b.Traceback) && a.ExecutionCount == b.ExecutionCount &&
		slices.Equal(slices.Sorted(maps.Keys(a.Data)), slices.Sorted(maps.Keys(b.Data)))
}
