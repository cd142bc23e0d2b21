package gonb

import (
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const twoHunks = `What is wrong, and what is done about it.

diff --git a/dir/a.txt b/dir/a.txt
--- a/dir/a.txt
+++ b/dir/a.txt
@@ -1,3 +1,3 @@
 one
-two
+2
 three
@@ -7,3 +7,4 @@ somewhere
 seven
 eight
+8.5
 nine
diff --git a/new.txt b/new.txt
new file mode 100644
--- /dev/null
+++ b/new.txt
@@ -0,0 +1,2 @@
+first
+second
`

func tree(a string) fstest.MapFS {
	return fstest.MapFS{"dir/a.txt": {Data: []byte(a)}, "b.txt": {Data: []byte("b")}}
}

func parsed(t *testing.T, name, raw string) Patch {
	t.Helper()
	p, err := parse(name, []byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAPatchChangesItsFilesAndNoOthers(t *testing.T) {
	p := parsed(t, "01.patch", twoHunks)
	if p.About != "What is wrong, and what is done about it." {
		t.Errorf("it's about %q", p.About)
	}
	got, err := apply(tree("one\ntwo\nthree\n4\n5\n6\nseven\neight\nnine\n"), []Patch{p})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"dir/a.txt": "one\n2\nthree\n4\n5\n6\nseven\neight\n8.5\nnine\n", "new.txt": "first\nsecond\n"}
	if !maps.EqualFunc(got, want, func(g []byte, w string) bool { return string(g) == w }) {
		t.Errorf("%q", got)
	}
}

func TestAPatchCanDeleteFiles(t *testing.T) {
	remove := parsed(t, "01.patch", "diff --git a/b.txt b/b.txt\ndeleted file mode 100644\n")
	got, err := apply(tree("a"), []Patch{remove})
	if content, found := got["b.txt"]; err != nil || !found || content != nil {
		t.Errorf("got %q, %v, want b.txt without content", got, err)
	}
	_, err = apply(tree("a"), []Patch{remove, parsed(t, "02.patch", "diff --git a/b.txt b/b.txt\n--- a/b.txt\n+++ b/b.txt\n@@ -1 +1 @@\n-b\n+c\n")})
	if misfit, ok := errors.AsType[*MisfitError](err); !ok || misfit.Patch != "02.patch" || misfit.Reason != "no such file" {
		t.Errorf("a later change of b.txt: got %v, want no such file", err)
	}
}

func TestALaterPatchBuildsOnAnEarlierOne(t *testing.T) {
	next := strings.NewReplacer("-two", "-2", "+2", "+zwei", "+8.5", " 8.5").Replace(twoHunks)
	next, _, _ = strings.Cut(next, "@@ -7,3")
	got, err := apply(tree("one\ntwo\nthree\n4\n5\n6\nseven\neight\nnine\n"),
		[]Patch{parsed(t, "01.patch", twoHunks), parsed(t, "02.patch", next)})
	if err != nil || !strings.HasPrefix(string(got["dir/a.txt"]), "one\nzwei\n") {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHunksAreFoundWhereAnUpgradeMovedThem(t *testing.T) {
	got, err := apply(tree("zero\nand a half\none\ntwo\nthree\nseven\neight\nnine\n"), []Patch{parsed(t, "01.patch", twoHunks)})
	if want := "zero\nand a half\none\n2\nthree\nseven\neight\n8.5\nnine\n"; err != nil || string(got["dir/a.txt"]) != want {
		t.Errorf("%q, %v", got["dir/a.txt"], err)
	}
}

func TestEveryPatchThatDoesNotFitIsNamed(t *testing.T) {
	changed := tree("one\ntwo\nthree\n4\n5\n6\nSEVEN\neight\nnine\n")
	_, err := apply(changed, []Patch{parsed(t, "01.patch", twoHunks), parsed(t, "02.patch", twoHunks)})
	misfit, ok := errors.AsType[*MisfitError](err)
	if !ok || misfit.Patch != "01.patch" || misfit.File != "dir/a.txt" || misfit.Hunk != 2 || misfit.Line != 7 {
		t.Errorf("%#v", misfit)
	}
	if !strings.Contains(err.Error(), "02.patch: dir/a.txt: hunk 2 (line 7): ") {
		t.Error(err)
	}

	_, err = apply(fstest.MapFS{}, []Patch{parsed(t, "01.patch", twoHunks)})
	if misfit, ok := errors.AsType[*MisfitError](err); !ok || misfit.Reason != "no such file" {
		t.Error(err)
	}
	whole := tree("one\ntwo\nthree\n4\n5\n6\nseven\neight\nnine\n")
	whole["new.txt"] = &fstest.MapFile{}
	_, err = apply(whole, []Patch{parsed(t, "01.patch", twoHunks)})
	if misfit, ok := errors.AsType[*MisfitError](err); !ok || misfit.File != "new.txt" {
		t.Error(err)
	}
}

func TestEachPatchSaysWhatItIsAboutAndTheReadmeListsIt(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	patches, err := Patches()
	if err != nil || len(patches) == 0 {
		t.Fatal(len(patches), err)
	}
	if !slices.IsSortedFunc(patches, func(a, b Patch) int { return strings.Compare(a.Name, b.Name) }) {
		t.Error("they are not in the order of their numbers")
	}
	for _, p := range patches {
		if len(p.About) < 50 || len(p.files) == 0 {
			t.Errorf("%s is about %q and changes %d files", p.Name, p.About, len(p.files))
		}
		if !strings.Contains(string(readme), "("+p.Name+")") {
			t.Errorf("README.md has no link to %s", p.Name)
		}
	}
}
