package cellbuild

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
)

// kept returns the name of the only plan file in a folder.
func kept(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 1 {
		t.Fatalf("got the files %q, %v; want one plan", names, err)
	}
	return names[0]
}

func TestANewKernelUsesAStoredPlan(t *testing.T) {
	p := newPlace(t, greeting)
	folder := filepath.Join(t.TempDir(), "plans")
	t.Setenv(Setting, folder)
	p.warm(hello)
	second := p.kernel("gonb_second")
	if printed, fast := second.cell(hello); !fast || printed != "hello one\n" {
		t.Errorf("fast: %v, printed %q; want true and hello one", fast, printed)
	}
	itself := mainWith("i, _ := debug.ReadBuildInfo()\n\tfmt.Print(i.Path, i.Main.Path, i.Deps[0].Path, greet.Hello())\n\tpanic(1)", "fmt", "runtime/debug", "example.com/library/greet")
	printed, fast := second.cell(itself)
	if !fast || !strings.HasPrefix(printed, "gonb_secondgonb_secondexample.com/libraryhello one") || !strings.Contains(printed, filepath.Join(second.dir, source)+":10") {
		t.Errorf("fast: %v, printed %q; want true and the second kernel's names", fast, printed)
	}
	made, err := os.ReadFile(second.out)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := second.goBuild(false); err != nil {
		t.Fatal(out, err)
	}
	if want, err := os.ReadFile(second.out); err != nil || !bytes.Equal(made, want) {
		t.Error("the program differs from that of go build", err)
	}
	info, err := os.Stat(kept(t, folder))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the plan's mode is %v (%v), want 0600", info.Mode(), err)
	}
	// What the second kernel has learned is stored, too.
	if _, fast := p.kernel("gonb_third").cell(itself); !fast {
		t.Error("the third kernel doesn't use the stored plan")
	}
}

func TestChangesBetweenKernelsAreNoticed(t *testing.T) {
	p := newPlace(t, greeting)
	t.Setenv(Setting, filepath.Join(t.TempDir(), "plans"))
	p.warm(hello)
	p.write("deep/deep.go", "package deep\n\nfunc Word() string { return \"two\" }\n")
	if printed, _ := p.kernel("gonb_second").cell(hello); printed != "hello two\n" {
		t.Errorf("printed %q, want the new word", printed)
	}
	p.settle()
	p.writeTo(filepath.Dir(p.library), "go.work", "go 1.26\n")
	third := p.kernel("gonb_third")
	if err := os.Remove(filepath.Join(third.dir, "go.work")); err != nil {
		t.Fatal(err)
	}
	if printed, _ := third.cell(hello); !strings.Contains(printed, "workspace") {
		t.Errorf("printed %q, want an error about the workspace", printed)
	}
}

func TestAnUnusablePlanIsReplaced(t *testing.T) {
	for name, spoil := range longtest.Every(4, map[string]func(text []byte) []byte{
		"empty":           func([]byte) []byte { return nil },
		"cut":             func(text []byte) []byte { return text[:len(text)/2] },
		"something else":  func([]byte) []byte { return []byte("[]") },
		"without content": func([]byte) []byte { return []byte("{}") },
		"a day old": func(text []byte) []byte {
			_, rest, _ := bytes.Cut(text, []byte(","))
			return fmt.Appendf(nil, `{"Made":%q,%s`, time.Now().Add(-maxAge).Format(time.RFC3339), rest)
		},
		"without a package": func(text []byte) []byte {
			return bytes.Replace(text, []byte(`"example.com/library/deep":{`), []byte(`"example.com/library/other":{`), 1)
		},
		"with another tool": func(text []byte) []byte { return bytes.ReplaceAll(text, []byte("compile\""), []byte("nosuch\"")) },
	}) {
		t.Run(name, func(t *testing.T) {
			p := newPlace(t, greeting)
			folder := filepath.Join(t.TempDir(), "plans")
			t.Setenv(Setting, folder)
			p.warm(hello)
			file := kept(t, folder)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, spoil(text), 0o600); err != nil {
				t.Fatal(err)
			}
			second := p.kernel("gonb_second")
			if printed, _ := second.cell(hello); printed != "hello one\n" {
				t.Errorf("printed %q, want hello one", printed)
			}
			second.warm(hello)
			if _, fast := p.kernel("gonb_third").cell(hello); !fast {
				t.Error("the unusable plan was not replaced")
			}
		})
	}
}

func TestAFolderThatCannotBeWrittenIsIgnored(t *testing.T) {
	p := newPlace(t, greeting)
	file := filepath.Join(t.TempDir(), "file")
	p.writeTo(filepath.Dir(file), "file", "")
	t.Setenv(Setting, filepath.Join(file, "plans"))
	p.warm(hello)
}

func TestOldPlansAreRemoved(t *testing.T) {
	folder := t.TempDir()
	long := time.Now().Add(-2 * maxAge)
	for _, name := range []string{"plan-old.json", "new-old", "other-old"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, long, long); err != nil {
			t.Fatal(err)
		}
	}
	p := newPlace(t, greeting)
	t.Setenv(Setting, folder)
	p.warm(hello)
	names, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(names) != 2 || filepath.Base(names[0]) != "other-old" {
		t.Errorf("got the files %q, %v; want other-old and one more", names, err)
	}
}

func TestKernelsStorePlansConcurrently(t *testing.T) {
	p := newPlace(t, greeting)
	folder := filepath.Join(t.TempDir(), "plans")
	t.Setenv(Setting, folder)
	p.warm(hello)
	plan := p.b.plan(nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 10 {
				if err := plan.save(folder, p.dir, key(nil)); err != nil {
					t.Errorf("save: %v", err)
				}
				if _, err := loadPlan(folder, p.dir, key(nil)); err != nil {
					t.Errorf("load: %v", err)
				}
			}
		})
	}
	wg.Wait()
	kept(t, folder)
}
