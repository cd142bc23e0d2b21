//go:build unix

package gonb

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/speedup/kernel-helpers/base/longtest"
	"example.com/speedup/kernel-helpers/cellbuild"
)

// readersCells are a session as readers have it: declarations, imports that come
// and go, errors, tests, flags, settings, and a package that is edited between
// cells. MODULE is replaced by the folder of a module of the reader's own.
var readersCells = []string{
	"%%\nfmt.Println(\"first\")",
	"func double[T int | string](t T) T { return t + t }\n%%\nfmt.Println(double(1), double(\"a\"))",
	"%%\nfmt.Println(strings.ToUpper(double(\"b\")))",
	"import \"os\"",
	"%%\nfmt.Println(double(2))",
	"%% one two\nfmt.Println(os.Args[1:], flag.Args())",
	"type point struct{ X, Y int }\n\nfunc (p point) String() string { return fmt.Sprintf(\"(%d)\", p.X+p.Y) }\n\nvar origin = point{1, 2}",
	"%%\nfmt.Println(origin)",
	"%%\nfmt.Println(undefined)",
	"%%\nvar n int = \"text\"",
	"%%\nfmt.Println(origin.Z)",
	"%%\nfor {",
	"import \"fmt\"\nimport \"os/exec\"\n%%\nfmt.Println(\"exec is not used\")",
	"func init_a() { fmt.Println(\"init a\") }\n%%\nfmt.Println(\"main\")",
	"%rm init_a",
	"%%\nvar p *point\nfmt.Println(p.X)",
	"%%\nos.Exit(3)",
	"%%\nfmt.Fprintln(os.Stderr, \"warning\")\nfmt.Println(rand.N(1))",
	"!mkdir -p MODULE/greet && cd MODULE && go mod init example.com/readers 2>/dev/null; printf 'package greet\\n\\nconst Word = \"one\"\\n' >greet/greet.go",
	"!*go work use MODULE",
	"import \"example.com/readers/greet\"\n%%\nfmt.Println(greet.Word)",
	"%%\nfmt.Println(greet.Word, 2)",
	"!printf 'package greet\\n\\nconst Word = \"two\"\\n' >MODULE/greet/greet.go",
	"%%\nfmt.Println(greet.Word)",
	"%%\nfmt.Println(greet.Word, 2)",
	"!printf 'package greet\\n\\nconst Word = 3 +\\n' >MODULE/greet/greet.go",
	"%%\nfmt.Println(greet.Word)",
	"!printf 'package greet\\n\\nconst Word = 3\\n' >MODULE/greet/greet.go",
	"%%\nfmt.Println(greet.Word)",
	"import \"testing\"\n\n%test\nfunc TestDouble(t *testing.T) {\n\tif double(1) != 2 {\n\t\tt.Fail()\n\t}\n}",
	"%%\nfmt.Println(\"after a test\")",
	"%goflags -tags=special",
	"!printf '//go:build special\\n\\npackage greet\\n\\nfunc init() { println(\"special\") }\\n' >MODULE/greet/special.go",
	"%%\nfmt.Println(greet.Word)",
	"%%\nfmt.Println(greet.Word, 2)",
	"%goflags \"\"",
	"%%\nfmt.Println(greet.Word)",
	"%env GREETING hello",
	"%%\nfmt.Println(os.Getenv(\"GREETING\"))",
	"%env GOFLAGS -tags=special",
	"%%\nfmt.Println(greet.Word)",
	"func main() {\n\tfmt.Println(\"a main of its own\")\n}",
	"%exec say\nfunc say() { fmt.Println(\"executed\") }",
	"%reset",
	"%%\nfmt.Println(double(1))",
	"//go:noinline\nfunc inlined() int { return 1 }\n%%\nfmt.Println(inlined())",
	"%%\ni, _ := debug.ReadBuildInfo()\nfmt.Println(i.Main.Version, len(i.Settings) > 3, i.GoVersion != \"\")",
}

func TestWithAndWithoutFastBuildsASessionIsTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs two kernels")
	}
	b, err := buildTools()
	if err != nil {
		t.Fatal(err)
	}
	fast := start(t, b, b.patched, time.Minute, 0, counted, map[string]string{cellbuild.Setting: filepath.Join(t.TempDir(), "plans")})
	slow := start(t, b, b.patched, time.Minute, 0, counted, map[string]string{cellbuild.Setting: "off"})
	for _, code := range readersCells[:longtest.Pick(len(readersCells)/3, len(readersCells))] {
		got, err := fast.account(code)
		if err != nil {
			t.Fatal(err)
		}
		want, err := slow.account(code)
		if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s\ngot with fast builds:\n%s\nwant as without:\n%s", code, got, want)
		}
	}
	few, err := fast.counted()
	if err != nil {
		t.Fatal(err)
	}
	many, err := slow.counted()
	if err != nil {
		t.Fatal(err)
	}
	if f, m := strings.Count(few, "go build "), strings.Count(many, "go build "); f > m/2 {
		t.Errorf("go build ran for %d of %d builds, want at most half", f, m)
	} else {
		t.Logf("go build ran for %d of %d builds", f, m)
	}
}

var (
	// varying matches what differs between two kernels: names, addresses, times.
	varying = regexp.MustCompile(`/\S*/(gonb_[0-9a-f]{8}|readers)|gonb_[0-9a-f]{8}|0x[0-9a-f]+|\(\d+\.\d+s\)|goroutine \d+`)
	// marks matches what GoNB inserts into a trace that it reads in one piece.
	marks = regexp.MustCompile(` ?\x1b\S* ?\[\[ Cell .*?\]\]\S* `)
)

// account runs a cell and returns its outcome as text, without what varies.
func (s *session) account(code string) (string, error) {
	c, err := s.run(context.Background(), strings.ReplaceAll(code, "MODULE", filepath.Join(s.dir, "readers")), nil)
	if err != nil {
		return "", err
	}
	text := fmt.Sprintf("%s %s %s\n%s%s", c.reply.Status, c.reply.EName, c.reply.EValue, c.out.String(), c.err.String())
	return varying.ReplaceAllString(marks.ReplaceAllString(text, ""), "…"), nil
}
