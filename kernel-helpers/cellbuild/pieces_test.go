package cellbuild

import (
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSettingsAreSplitAsByGo(t *testing.T) {
	for text, want := range map[string][]string{
		"":                               nil,
		" -a  -b=1\t-c\n":                {"-a", "-b=1", "-c"},
		`'-ldflags=-w -s' -race`:         {"-ldflags=-w -s", "-race"},
		`"-ldflags='-w' -s" '-tags=a,b'`: {"-ldflags='-w' -s", "-tags=a,b"},
		`-ldflags='-w`:                   {`-ldflags='-w`},
		`'unclosed -a`:                   {"unclosed -a"},
		"-a='b c'":                       {"-a='b", "c'"},
	} {
		if got := splitQuoted(text); !slices.Equal(got, want) {
			t.Errorf("splitQuoted(%q) = %q, want %q", text, got, want)
		}
	}
	for _, text := range []string{"a b", `a"b`, "it's"} {
		if q, ok := quote(text); !ok || !slices.Equal(splitQuoted(q), []string{text}) {
			t.Errorf("quote(%q) = %q, %v; want one field", text, q, ok)
		}
	}
	if q, ok := quote(`'"`); ok {
		t.Errorf("quote of both quotation marks = %q, want false", q)
	}
}

func TestARecentChangeIsNotSettled(t *testing.T) {
	at := time.Unix(1000, 123)
	for _, c := range []struct {
		changed time.Time
		want    bool
	}{
		{at.Add(-time.Second), true},
		{at.Add(-clockStep / 2), false},
		{at, false},
		{at.Add(time.Hour), false},
		{at.Truncate(time.Second).Add(-time.Second), false}, // the system may record whole seconds only
		{at.Truncate(time.Second).Add(-2 * coarseStep), true},
	} {
		if got := (state{exists: true, changed: c.changed.UnixNano()}).settled(at); got != c.want {
			t.Errorf("changed %v before: settled is %v, want %v", at.Sub(c.changed), got, c.want)
		}
	}
	if !(state{}).settled(at) {
		t.Error("a missing file is not settled")
	}
}

func TestANewFileIsAChange(t *testing.T) {
	if !canTrack {
		t.Skip("no change times on this system")
	}
	f := files{}
	path := filepath.Join(t.TempDir(), "go.work")
	if err := f.add(path, time.Now()); err != nil {
		t.Fatal(err)
	}
	if !f.allSame() {
		t.Error("allSame is false while the file is missing")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if f.allSame() {
		t.Error("allSame is true after the file was created")
	}
}

func TestBuildInfoIsRewrittenAndVersionControlIsDeclined(t *testing.T) {
	info := &debug.BuildInfo{Path: "gonb_test", Main: debug.Module{Path: "gonb_test", Version: "(devel)"},
		Deps:     []*debug.Module{{Path: "a", Version: "v1.0.0", Sum: "h1:x"}},
		Settings: []debug.BuildSetting{{Key: "-compiler", Value: "gc"}}}
	others := []*debug.Module{{Path: "a", Version: "v1.0.0", Sum: "h1:x"}, {Path: "b", Version: "(devel)", Replace: &debug.Module{Path: "/b", Version: "(devel)"}}}
	line, err := writeInfo(info, others)
	if err != nil {
		t.Fatal(err)
	}
	back, err := readInfo([]byte("packagefile a=b\n" + line))
	if err != nil {
		t.Fatal(err)
	}
	want := *info
	want.Deps = others
	if back.String() != want.String() {
		t.Errorf("got %s, want %s", back, want.String())
	}
	if _, err := writeInfo(info, []*debug.Module{{Path: "a", Version: "v1.1.0"}}); err == nil {
		t.Error("writeInfo accepted a module on which go list and go build disagree")
	}
	info.Settings = append(info.Settings, debug.BuildSetting{Key: "vcs.revision", Value: "1"})
	if line, err = writeInfo(info, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := readInfo([]byte(line)); err == nil {
		t.Error("readInfo accepted a version control revision")
	}
	for _, config := range []string{"", "packagefile a=b\n", "modinfo \"\"\n", "modinfo x\n", strings.Replace(line, infoLine+`"0`, infoLine+`"1`, 1)} {
		if _, err := readInfo([]byte(config)); err == nil {
			t.Errorf("readInfo accepted %q", config)
		}
	}
}

func TestUnknownCommandsAreDeclined(t *testing.T) {
	compile := []string{"/go/compile", "-o", "/tmp/w/b001/_pkg_.a", "-trimpath", "/tmp/w/b001=>", "-p", "main", "-buildid", "a/a", "-importcfg", "/tmp/w/b001/importcfg", "-pack", "/dir/main.go"}
	got, err := compilePlaces(compile, "/dir/main.go")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"/go/compile", "-o", "W/main.a", "-trimpath", "W=>", "-p", "main", "-buildid", "I/I", "-importcfg", "W/importcfg", "-pack", "/dir/main.go"}
	if got := fill(got, "W", "I"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	link := []string{"/go/link", "-o", "/tmp/w/b001/exe/a.out", "-importcfg", "/tmp/w/b001/importcfg.link", "-buildid=a/b/c/d", "-w", "/tmp/w/b001/_pkg_.a"}
	got, err = linkPlaces(link)
	if err != nil {
		t.Fatal(err)
	}
	want = []string{"/go/link", "-o", "W/program", "-importcfg", "W/importcfg.link", "-buildid=I/I/I/I", "-w", "W/main.a"}
	if got := fill(got, "W", "I"); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, change := range []func([]string) []string{
		func(args []string) []string { return slices.Insert(args, 1, "-embedcfg", "/tmp/w/b001/embedcfg") },
		func(args []string) []string { return slices.Insert(args, 1, "-x=/tmp/w/b002/_pkg_.a") },
		func(args []string) []string { return slices.Delete(args, 1, 3) },
		func(args []string) []string { return append(args, "/dir/other.go") },
	} {
		if args, err := compilePlaces(change(slices.Clone(compile)), "/dir/main.go"); err == nil {
			t.Errorf("compilePlaces accepted %q", args)
		}
		if args, err := linkPlaces(change(slices.Clone(link))); err == nil {
			t.Errorf("linkPlaces accepted %q", args)
		}
	}
}

func TestAdditionalChecksumsAreNotAChange(t *testing.T) {
	before := modules{"go.mod": "module m\n", "go.sum": "a 1\nb 2\n"}
	for _, c := range []struct {
		after modules
		want  bool
	}{
		{modules{"go.mod": "module m\n", "go.sum": "a 1\nb 2\n"}, true},
		{modules{"go.mod": "module m\n", "go.sum": "a 0\na 1\nb 2\n", "go.work.sum": "c 3\n"}, true},
		{modules{"go.mod": "module m\n", "go.sum": "a 1\nb 3\n"}, false},
		{modules{"go.mod": "module m\n"}, false},
		{modules{"go.mod": "module m\n\ngo 1.26\n", "go.sum": "a 1\nb 2\n"}, false},
		{modules{"go.mod": "module m\n", "go.sum": "a 1\nb 2\n", "go.work": "use .\n"}, false},
	} {
		if got := before.grownTo(c.after); got != c.want {
			t.Errorf("grownTo(%q) = %v, want %v", c.after, got, c.want)
		}
	}
}
