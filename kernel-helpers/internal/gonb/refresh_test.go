package gonb

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// fakeModule is a checkout that pins a GoNB of one text file beside a Go file,
// and has patches for it.
func fakeModule(t *testing.T, text string, patches map[string]string) RefreshOptions {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip(err)
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("GOFLAGS", "-mod=mod")
	dir := t.TempDir()
	files := map[string]string{
		"go.mod":          "module checkout\n\ngo 1.26\n\nrequire " + Module + " v1.0.0\n\nreplace " + Module + " => ./gonb\n",
		"gonb/go.mod":     "module " + Module + "\n\ngo 1.26\n",
		"gonb/main.go":    "package main\n\nfunc main() {}\n",
		"gonb/a/a.go":     "package a\n",
		"gonb/a/text.txt": text,
	}
	for name, patch := range patches {
		files[patchesFolder+"/"+name] = patch
	}
	for name, content := range files {
		if err := writeFile(filepath.Join(dir, name), []byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	return RefreshOptions{Dir: dir, Folder: filepath.Join(dir, "copy")}
}

const (
	text     = "one\ntwo\nthree\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven\ntwelve\n"
	twoToTWO = "It is about two.\n\ndiff --git a/a/text.txt b/a/text.txt\n--- a/a/text.txt\n+++ b/a/text.txt\n" +
		"@@ -1,5 +1,5 @@\n one\n-two\n+TWO\n three\n four\n five\n"
	// The first hunk stands on the first patch's line.
	addLines = "It adds lines.\nIn two places.\n\ndiff --git a/a/text.txt b/a/text.txt\n--- a/a/text.txt\n+++ b/a/text.txt\n" +
		"@@ -1,5 +1,6 @@\n one\n TWO\n+2.5\n three\n four\n five\n@@ -9,4 +10,5 @@ eight\n nine\n ten\n eleven\n+11.5\n twelve\n"
)

func read(t *testing.T, elements ...string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func TestARefreshedPatchThatIsNotEditedStaysAsItIs(t *testing.T) {
	o := fakeModule(t, text, map[string]string{"01-two.patch": twoToTWO, "02-lines.patch": addLines})
	for _, n := range []string{"01", "02"} {
		o.Number = n
		r, err := StartRefresh(t.Context(), o) // the second replaces the first's working copy
		if err != nil || len(r.Conflicts) > 0 {
			t.Fatal(r, err)
		}
		before := read(t, o.Dir, patchesFolder, r.Patch)
		file, later, err := WriteRefresh(t.Context(), o)
		if err != nil || len(later) > 0 {
			t.Fatal(later, err)
		}
		if got := read(t, file); got != before {
			t.Errorf("%s was written as\n%s\nwant\n%s", file, got, before)
		}
	}
	log, err := workingCopy(o.Folder).git(t.Context(), "log", "--format=%s")
	if want := "01-two.patch\nGoNB v1.0.0\n"; err != nil || string(log) != want {
		t.Errorf("the commits are %q, %v, want %q", log, err, want)
	}
}

func TestAnEditIsWrittenBackBelowThePatchsFirstLines(t *testing.T) {
	o := fakeModule(t, text, map[string]string{"01-two.patch": twoToTWO, "02-lines.patch": addLines})
	o.Number = "01"
	if _, err := StartRefresh(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"a/text.txt": strings.Replace(text, "two", "zwei", 1), "a/new.go": "package a\n"} {
		if err := os.WriteFile(filepath.Join(o.Folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := StartRefresh(t.Context(), o); err == nil || !strings.Contains(err.Error(), "has edits of 01-two.patch") {
		t.Errorf("starting again: %v, want the edits kept", err)
	}
	file, later, err := WriteRefresh(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := "It is about two.\n\ndiff --git a/a/new.go b/a/new.go\nnew file mode 100644\n--- /dev/null\n+++ b/a/new.go\n@@ -0,0 +1 @@\n+package a\n" +
		"diff --git a/a/text.txt b/a/text.txt\n--- a/a/text.txt\n+++ b/a/text.txt\n@@ -1,5 +1,5 @@\n one\n-two\n+zwei\n three\n four\n five\n"
	if got := read(t, file); got != want {
		t.Errorf("wrote\n%s\nwant\n%s", got, want)
	}
	if len(later) != 1 || !strings.Contains(later[0].Error(), "02-lines.patch: a/text.txt: hunk 1") {
		t.Errorf("patches that no longer fit: %v, want 02-lines.patch", later)
	}
	if _, err := StartRefresh(t.Context(), o); err != nil {
		t.Errorf("starting again after writing: %v", err)
	}
}

func TestADeletedFileIsWrittenBackWithoutItsText(t *testing.T) {
	o := fakeModule(t, text, map[string]string{"01-two.patch": twoToTWO})
	o.Number = "01"
	for range 2 { // the second starts with what the first has written
		if _, err := StartRefresh(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(o.Folder, "a/text.txt")); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		file, _, err := WriteRefresh(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		want := "It is about two.\n\ndiff --git a/a/text.txt b/a/text.txt\ndeleted file mode 100644\n"
		if got := read(t, file); got != want {
			t.Errorf("wrote\n%s\nwant\n%s", got, want)
		}
	}
}

func TestAHunkThatDoesNotFitIsMergedWithConflictMarkers(t *testing.T) {
	// Line two has changed, and so has ten, which the second hunk only shows.
	changed := strings.NewReplacer("one\n", "zero\none\n", "two", "zwei", "ten", "10").Replace(text)
	o := fakeModule(t, changed, map[string]string{"03-lines.patch": strings.Replace(addLines, " TWO", "-two\n+TWO", 1)})
	o.Number = "03"
	r, err := StartRefresh(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Conflicts) != 2 {
		t.Errorf("conflicts: %v, want two hunks", r.Conflicts)
	}
	merged := read(t, o.Folder, "a", "text.txt")
	for _, want := range []string{"zero\none\n<<<<<<< GoNB\nzwei\n", "=======\nTWO\n2.5\n>>>>>>> 03-lines.patch\nthree\n", "10\neleven\n11.5\ntwelve\n"} {
		if !strings.Contains(merged, want) {
			t.Errorf("the file is\n%s\nwant in it\n%s", merged, want)
		}
	}
	if _, _, err := WriteRefresh(t.Context(), o); err == nil || !strings.Contains(err.Error(), "conflict markers") {
		t.Errorf("written with conflict markers: %v", err)
	}
	fixed := strings.NewReplacer("zwei\n", "TWO\n2.5\n", "eleven\n", "eleven\n11.5\n").Replace(changed)
	if err := os.WriteFile(filepath.Join(o.Folder, "a", "text.txt"), []byte(fixed), 0o644); err != nil {
		t.Fatal(err)
	}
	file, _, err := WriteRefresh(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	patches, err := readPatches(os.DirFS(filepath.Dir(file)))
	if err != nil {
		t.Fatal(err)
	}
	got, err := apply(os.DirFS(filepath.Join(o.Dir, "gonb")), patches)
	if err != nil || string(got["a/text.txt"]) != fixed {
		t.Errorf("the patch makes %q, %v, want %q", got["a/text.txt"], err, fixed)
	}
}

func TestARefreshThatIsNotPossibleSaysWhy(t *testing.T) {
	o := fakeModule(t, strings.Replace(text, "two", "zwei", 1), map[string]string{"01-two.patch": twoToTWO, "02-lines.patch": addLines})
	start := func(number string) error {
		o.Number = number
		_, err := StartRefresh(t.Context(), o)
		return err
	}
	if err := start("07"); err == nil || !strings.Contains(err.Error(), `"07"; there are 01-two, 02-lines`) {
		t.Errorf("an unknown number: %v", err)
	}
	if err := start("02"); err == nil || !strings.Contains(err.Error(), "refresh it first") {
		t.Errorf("an earlier patch does not fit: %v", err)
	} else if misfit, ok := errors.AsType[*MisfitError](err); !ok || misfit.Patch != "01-two.patch" {
		t.Errorf("%v, want a misfit of 01-two.patch", err)
	}
	if _, _, err := WriteRefresh(t.Context(), RefreshOptions{Dir: o.Dir, Folder: t.TempDir(), Number: "01"}); err == nil || !strings.Contains(err.Error(), "no working copy") {
		t.Errorf("writing without a working copy: %v", err)
	}
	o.Folder = filepath.Join(o.Dir, "gonb") // somebody else's
	if err := start("01"); err == nil || !strings.Contains(err.Error(), "not a working copy") {
		t.Errorf("another folder: %v", err)
	}
}

// withoutContext removes the function's name from the hunk headers of a diff:
// versions of git differ in it.
func withoutContext(diff string) string { return hunkContext.ReplaceAllString(diff, "$1") }

var hunkContext = regexp.MustCompile(`(?m)^(@@ .* @@).*$`)

func TestEveryPatchIsAsARefreshWritesIt(t *testing.T) {
	if testing.Short() {
		t.Skip("it commits GoNB's sources once per patch")
	}
	patches, err := Patches()
	if err != nil {
		t.Fatal(err)
	}
	pinned, err := findModule(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	files, err := readSources(pinned.Dir)
	if err != nil {
		t.Fatal(err)
	}
	w := workingCopy(t.TempDir())
	if err := errors.Join(w.clear(t.Context()), w.commit(t.Context(), files, "GoNB")); err != nil {
		t.Fatal(err)
	}
	for _, p := range patches {
		if conflicts, err := w.merge(t.Context(), p); err != nil || len(conflicts) > 0 {
			t.Fatal(p.Name, conflicts, err)
		}
		diff, err := w.diff(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, now, _ := strings.Cut(read(t, p.Name), "diff --git ")
		if want := "diff --git " + now; withoutContext(string(diff)) != withoutContext(want) {
			t.Errorf("%s: a refresh would write\n%s", p.Name, diff)
		}
		if err := w.commit(t.Context(), nil, p.Name); err != nil {
			t.Fatal(err)
		}
	}
}
