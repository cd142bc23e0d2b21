package timing

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/svg/svgtest"
)

func resultsPathIn(t *testing.T) string { return filepath.Join(t.TempDir(), resultsFile) }

func TestTwentyProcessesLoseNoResult(t *testing.T) {
	path := resultsPathIn(t)
	var all sync.WaitGroup
	for i := range 20 {
		cmd := program(t, "keeps five", path)
		cmd.Env = append(cmd.Env, "NAME=process "+string(rune('a'+i)))
		all.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	all.Wait()
	results, err := load(path)
	if err != nil || len(results) != 20*5+1 {
		t.Fatalf("%d results, %v; want %d", len(results), err, 20*5+1)
	}
	if i := find(results, Result{Name: "shared"}); results[i].Runs != 20*5 {
		t.Errorf("%d runs of the shared name, want %d", results[i].Runs, 20*5)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("the folder holds %v, want only the results", left)
	}
}

func TestTheLatestResultOfANameAndItsSettingsReplacesTheEarlier(t *testing.T) {
	k := &keeper{path: resultsPathIn(t)}
	here, there := Machine{Cores: 2, OS: "linux", Go: "go1.26.1"}, Machine{Cores: 8, OS: "darwin"}
	k.keep(Result{Name: "a", Seconds: 3, Runs: 1, Machine: here})
	k.keep(Result{Name: "b", Seconds: 4, Runs: 1, Machine: here})
	k.keep(Result{Name: "a", Seconds: 5, Runs: 1, Machine: here, Settings: map[string]string{"pages": "blog"}})
	here.Go = "go1.26.2"
	k.keep(Result{Name: "a", Seconds: 2, Runs: 1, Machine: here})
	k.keep(Result{Name: "b", Seconds: 1, Runs: 1, Machine: there})
	want := []Result{{Name: "a", Seconds: 2, Runs: 2}, {Name: "b", Seconds: 1, Runs: 1}, {Name: "a", Seconds: 5, Runs: 1}}
	for _, reader := range []*keeper{k, {path: k.path}} {
		got := reader.all()
		if len(got) != len(want) {
			t.Fatalf("kept %+v, want %+v", got, want)
		}
		for i, w := range want {
			if g := got[i]; g.Name != w.Name || g.Seconds != w.Seconds || g.Runs != w.Runs {
				t.Errorf("kept %+v, want %+v", g, w)
			}
		}
	}
}

func TestADamagedFileIsSetAside(t *testing.T) {
	path := resultsPathIn(t)
	if err := os.WriteFile(path, []byte(`{"results": [{"na`), 0o644); err != nil {
		t.Fatal(err)
	}
	k := &keeper{path: path}
	k.keep(Result{Name: "a", Runs: 1})
	if all, err := load(path); err != nil || len(all) != 1 {
		t.Errorf("kept %v, %v; want one result", all, err)
	}
	if data, err := os.ReadFile(path + ".damaged"); string(data) != `{"results": [{"na` {
		t.Errorf("set aside %q, %v; want the damaged data", data, err)
	}
}

func TestAFileOfALaterVersionIsNotChanged(t *testing.T) {
	path := resultsPathIn(t)
	const later = `{"version": 2, "measurements": {}}`
	if err := os.WriteFile(path, []byte(later), 0o644); err != nil {
		t.Fatal(err)
	}
	k := &keeper{path: path}
	k.keep(Result{Name: "a", Runs: 1})
	if data, _ := os.ReadFile(path); string(data) != later {
		t.Errorf("the file is %s, want %s", data, later)
	}
	if all := k.all(); len(all) != 1 || !k.warned {
		t.Errorf("the program's own results are %v (warned: %t), want one and a warning", all, k.warned)
	}
}

func TestAPathThatCannotBeWrittenCostsAWarningOnly(t *testing.T) {
	file := resultsPathIn(t)
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// The pipe represents devices. Don't use a real one: if the check for
	// devices failed, a test run as root would replace it.
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"missing folder":                        filepath.Join(t.TempDir(), "none", resultsFile),
		"file as a folder":                      filepath.Join(file, resultsFile),
		"folder":                                t.TempDir(),
		"pipe":                                  pipe,
		"folder in place of the temporary file": blocked(t),
	} {
		t.Run(name, func(t *testing.T) {
			k := &keeper{path: path}
			k.keep(Result{Name: "a", Runs: 1})
			if r := k.keep(Result{Name: "a", Runs: 1}); r.Runs != 2 || len(k.all()) != 1 || !k.warned {
				t.Errorf("the program's own results are %v (warned: %t), want one of 2 runs and a warning", k.all(), k.warned)
			}
		})
	}
	if info, err := os.Lstat(pipe); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Error("the pipe was replaced")
	}
}

// blocked returns a path for which the temporary file can't be written.
func blocked(t *testing.T) string {
	path := resultsPathIn(t)
	if err := os.MkdirAll(filepath.Join(filepath.Dir(path), "."+resultsFile+".new", "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestALinkToTheFileStaysALink(t *testing.T) {
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.json"), filepath.Join(dir, "link.json")
	if err := os.WriteFile(target, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	(&keeper{path: link}).keep(Result{Name: "a", Runs: 1})
	if all, err := load(target); err != nil || len(all) != 1 {
		t.Errorf("the target holds %v, %v; want one result", all, err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced")
	}
}

func TestTheWaitForASuspendedProgramIsLimited(t *testing.T) {
	path := resultsPathIn(t)
	held, err := lock(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lock(path, 0); err == nil || !strings.Contains(err.Error(), "another program") {
		t.Errorf("a second lock: got error %v, want one that names another program", err)
	}
	held.Close()
	again, err := lock(path, 0)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
}

func TestTheTimeLimitStartsAgainWithEachChange(t *testing.T) {
	path := resultsPathIn(t)
	now := time.Now() // the test's own clock
	w := wait{path: path, within: time.Hour}
	for turn := range 5 {
		if err := replace(path, []byte("turn")); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if w.tooLong(now) {
				t.Fatalf("gave up in turn %d", turn)
			}
			now = now.Add(59 * time.Minute)
		}
		now = now.Add(-time.Minute)
	}
	if now = now.Add(time.Hour); !w.tooLong(now) {
		t.Error("tooLong is false an hour after the last change")
	}
}

func TestALockOnAReplacedFileProtectsNothing(t *testing.T) {
	path := resultsPathIn(t)
	old, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	if err := replace(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(old.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	f, err := lock(path, 0)
	if err != nil {
		t.Fatalf("lock failed because the replaced file is locked: %v", err)
	}
	f.Close()
}

func FuzzAnyFileIsReadOrRejected(f *testing.F) {
	f.Add([]byte(`{"version":1,"results":[{"name":"5 workers","seconds":1.5,"n":160},{"name":"one after another","seconds":8,"n":160}]}`))
	f.Add([]byte(`{"results":[{"name":"one after another","seconds":-1e300,"n":-5},{"name":"x","seconds":1e-300,"n":1}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := parse("file", data)
		if err != nil {
			if _, damaged := errors.AsType[*damagedError](err); !damaged && all != nil {
				t.Error("load returned results together with an error")
			}
			return
		}
		svgtest.Texts(t, newTable(rows(all, nil)).html())
		newTable(rows(all, []string{"5 workers"})).text()
		if bars, _ := bars(all, nil, here); len(bars) > 0 {
			svgtest.Texts(t, chartSVG(bars))
			chartText(bars)
		}
	})
}
