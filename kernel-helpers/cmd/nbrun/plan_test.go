package main

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestOptionsMayStandAfterFiles(t *testing.T) {
	s, err := parse([]string{"a.ipynb", "--timeout", "90", "b.ipynb", "--inplace", "--kernel=python3", "--parallel", "3", "--allow-errors", "--json"})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(s.files, []string{"a.ipynb", "b.ipynb"}) || time.Duration(s.timeout) != 90*time.Second ||
		!s.inplace || s.kernel != "python3" || s.parallel != 3 || !s.allowErrors || !s.json {
		t.Errorf("got %+v", s)
	}
	if s, err = parse([]string{"--timeout=1m30s", "a"}); err != nil || time.Duration(s.timeout) != 90*time.Second {
		t.Errorf("got %v, %v", s.timeout, err)
	}
}

func TestWrongUsageIsAnError(t *testing.T) {
	for _, line := range []string{"", "--inplace", "-o x --inplace a", "--parallel 0 a", "--timeout soon a", "--timeout -1 a", "--what a"} {
		if _, err := parse(strings.Fields(line)); err == nil || errors.Is(err, flag.ErrHelp) {
			t.Errorf("%q gives %v", line, err)
		}
	}
	if _, err := parse([]string{"--help"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("--help gives %v", err)
	}
}

func TestThePlanSaysWhereNotebooksAreSaved(t *testing.T) {
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
				t.Errorf("%s: got %v, want %s", test.args, err, test.err)
			}
			continue
		}
		var outs []string
		for _, j := range jobs {
			outs = append(outs, j.out)
		}
		if got := strings.Join(outs, " "); err != nil || got != filepath.FromSlash(test.want) {
			t.Errorf("%s: got %q, %v", test.args, got, err)
		}
	}
	for _, folder := range []string{"new/er", "newest"} {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", folder, err)
		}
	}
}
