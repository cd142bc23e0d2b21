package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// checkout writes a small course and returns its folder.
func checkout(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"notebooks/00-start.ipynb": notebook(`# 0 · Start\n\n`, `Notebook 2 and notebooks 1 to 2. See [1](01-fan-out.ipynb), 1.1.`),
		"notebooks/01-fan-out.ipynb": notebook(`# 1 · Fan-out\n`, `## 1.1 All at once\n`,
			`It takes 1.1 s with Go 1.1; in 2.1, 1.1×.`, `Notebook 2.1 no`),
		"notebooks/02-pools.ipynb": notebook(`# 2 · Pools\n`, `## 2.1 Five`, `notebooks 1 (fan-out), 2 (pools) and 0`,
			`notebooks [1](01-fan-out.ipynb) (channels) and [2](02-pools.ipynb), For the notebook [1 · Fan-out](../01-fan-out.ipynb), [2](01-fan-out.ipynb)`),
		"notebooks/coursework/source/ps1.ipynb": notebook(`Read section 2.1 of notebook 02.`),
		"README.md":                             "| notebook |\n|---|\n| `00-start` | a |\n| `01-fan-out` | 1 notebook |\n| `02-pools` | c |\n\n30-day\n",
		"kernel-helpers/lab/a_test.go":          `const file = "02-pools.ipynb" // 2.1`,
	} {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// notebook returns a notebook with these text cells and a code cell that must
// not change.
func notebook(texts ...string) string {
	var b strings.Builder
	b.WriteString("{\n \"cells\": [\n")
	for _, text := range texts {
		b.WriteString(`  {"cell_type": "markdown", "id": "n02-01", "source": ["` + text + "\"]},\n")
	}
	b.WriteString(`  {"cell_type": "code", "outputs": [{"text": "notebook 2, 2.1"}], "source": ["f(2.1) // section 2.1"]}` + "\n ],\n \"nbformat\": 4\n}\n")
	return b.String()
}

func TestNumbersFollowTheOrder(t *testing.T) {
	root := checkout(t)
	var out, errs strings.Builder
	if status := run([]string{"start", "-", "pools", "-", "fan-out"}, root, &out, &errs); status != 0 {
		t.Fatalf("status %d, want 0: %s", status, &errs)
	}
	for name, want := range map[string]string{
		"notebooks/00-start.ipynb": notebook(`# 0 · Start\n\n`, `Notebook 2 and notebooks 4 to 2. See [4](04-fan-out.ipynb), 4.1.`),
		"notebooks/04-fan-out.ipynb": notebook(`# 4 · Fan-out\n`, `## 4.1 All at once\n`,
			`It takes 1.1 s with Go 1.1; in 2.1, 1.1×.`, `Notebook 2.1 no`),
		"notebooks/02-pools.ipynb": notebook(`# 2 · Pools\n`, `## 2.1 Five`, `notebooks 4 (fan-out), 2 (pools) and 0`,
			`notebooks [4](04-fan-out.ipynb) (channels) and [2](02-pools.ipynb), For the notebook [4 · Fan-out](../04-fan-out.ipynb), [2](04-fan-out.ipynb)`),
		"notebooks/coursework/source/ps1.ipynb": notebook(`Read section 2.1 of notebook 02.`),
		"README.md":                             "| notebook |\n|---|\n| `00-start` | a |\n| `02-pools` | c |\n| `04-fan-out` | 1 notebook |\n\n30-day\n",
		"kernel-helpers/lab/a_test.go":          `const file = "02-pools.ipynb" // 2.1`,
	} {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
			continue
		}
		if string(got) != want {
			t.Errorf("%s is now\n%s\nwant\n%s", name, got, want)
		}
	}
	out.Reset()
	if status := run([]string{"start", "-", "pools", "-", "fan-out"}, root, &out, &errs); status != 0 || out.String() != "0 files changed\n" {
		t.Errorf("a second call: status %d, says %q, want 0 and 0 files changed", status, &out)
	}
}

func TestSwappedNotebooks(t *testing.T) {
	root := checkout(t)
	var out, errs strings.Builder
	if status := run([]string{"start", "pools", "fan-out"}, root, &out, &errs); status != 0 {
		t.Fatalf("status %d, want 0: %s", status, &errs)
	}
	for name, want := range map[string]string{
		"notebooks/00-start.ipynb":              `"outputs": [{"text": "notebook 2, 2.1"}], "source": ["f(2.1) // section 1.1"]`,
		"notebooks/02-fan-out.ipynb":            "# 2 · Fan-out",
		"notebooks/01-pools.ipynb":              "notebooks [2](02-fan-out.ipynb) (channels) and [1](01-pools.ipynb), For the notebook [2 · Fan-out](../02-fan-out.ipynb), [2](02-fan-out.ipynb)",
		"notebooks/coursework/source/ps1.ipynb": "Read section 1.1 of notebook 01.",
		"kernel-helpers/lab/a_test.go":          `"01-pools.ipynb"`,
	} {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s lacks %q: %v\n%s", name, want, err, got)
		}
	}
}

func TestWrongOrdersAreRefused(t *testing.T) {
	for _, c := range []struct {
		args []string
		want int
	}{
		{nil, 2},
		{[]string{"start", "pools"}, 1},
		{[]string{"start", "pools", "fan-out", "missing"}, 1},
		{[]string{"start", "pools", "fan-out", "pools"}, 1},
		{[]string{"--help"}, 0},
	} {
		root := checkout(t)
		var out, errs strings.Builder
		if got := run(c.args, root, &out, &errs); got != c.want {
			t.Errorf("%q: status %d, want %d: %s", c.args, got, c.want, &errs)
		}
		if _, err := os.Stat(filepath.Join(root, "notebooks", "01-fan-out.ipynb")); err != nil {
			t.Errorf("%q: %v, want nothing changed", c.args, err)
		}
	}
}
