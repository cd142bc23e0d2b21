package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptionsMayFollowFiles(t *testing.T) {
	s, err := parse([]string{"a.ipynb", "--timeout", "90", "b.ipynb", "--inplace", "--kernel=python3", "--parallel", "3", "--allow-errors", "--json"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.files, []string{"a.ipynb", "b.ipynb"}) || time.Duration(s.timeout) != 90*time.Second ||
		!s.inplace || s.kernel != "python3" || s.parallel != 3 || !s.allowErrors || !s.json {
		t.Errorf("got %+v, want the files and options of the command line", s)
	}
	if s, err = parse([]string{"--timeout=1m30s", "a"}); err != nil || time.Duration(s.timeout) != 90*time.Second {
		t.Errorf("--timeout=1m30s: got %v, %v; want 1m30s", s.timeout.String(), err)
	}
}

func TestPlanDeterminesWhereNotebooksAreSaved(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := errors.Join(os.Mkdir("folder", 0o777), os.WriteFile("file", nil, 0o666)); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args, want, err string
	}{
		{"x/a.ipynb y/b.ipynb", " ", ""},
		{"--inplace x/a.ipynb y/b.ipynb", "x/a.ipynb y/b.ipynb", ""},
		{"-o out.ipynb x/a.ipynb", "out.ipynb", ""},
		{"-o file x/a.ipynb", "file", ""},
		{"-o folder x/a.ipynb", "folder/a.ipynb", ""},
		{"-o new/er/ x/a.ipynb", "new/er/a.ipynb", ""},
		{"-o missing/out.ipynb x/a.ipynb", "missing/out.ipynb", ""},
		{"-o newest x/a.ipynb y/b.ipynb", "newest/a.ipynb newest/b.ipynb", ""},
		{"-o folder x/a.ipynb y/a.ipynb", "", "x/a.ipynb and y/a.ipynb would both be saved as folder/a.ipynb"},
		{"--inplace a.ipynb ./a.ipynb", "", "would both be saved"},
		{"-o file x/a.ipynb y/b.ipynb", "", "this is a file"},
		{"-o file/ x/a.ipynb", "", "this is a file"},
	} {
		s, err := parse(strings.Fields(test.args))
		if err != nil {
			t.Fatal(err)
		}
		jobs, err := plan(s)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: got error %v, want %q", test.args, err, test.err)
			}
			continue
		}
		var outs []string
		for _, j := range jobs {
			outs = append(outs, j.out)
		}
		if got := strings.Join(outs, " "); err != nil || got != filepath.FromSlash(test.want) {
			t.Errorf("%s: got %q, %v; want %q", test.args, got, err, filepath.FromSlash(test.want))
		}
	}
	for _, folder := range []string{"new/er", "newest", "missing"} {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			t.Errorf("%s: got error %v, want a folder", folder, err)
		}
	}
}
