package timeline

import "testing"

func TestFunctionsHaveShortNames(t *testing.T) {
	for _, c := range []struct{ full, short, enclosing, pkg string }{
		{"main.worker", "worker", "worker", "main"},
		{"main.pool.func1", "pool.func1", "pool", "main"},
		{"main.main.func2.1", "main.func2.1", "main", "main"},
		{"main.fanOut.func1.gowrap2", "fanOut.func1.gowrap2", "fanOut", "main"},
		{"main.each.squares.func1-range2", "each.squares.func1-range2", "each.squares.func1-range2", "main"},
		{"main.(*pool).run", "pool.run", "pool.run", "main"},
		{"main.(*pool).run-fm", "pool.run-fm", "pool.run-fm", "main"},
		{"main.work[...]", "work", "work", "main"},
		{"main.work[go.shape.[]example.com/a/b.T].func1", "work.func1", "work", "main"},
		{"example.com/speedup/workloads/sites.Download", "sites.Download", "sites.Download", "example.com/speedup/workloads/sites"},
		{"golang.org/x/sync/errgroup.(*Group).Go.func1", "errgroup.Group.Go.func1", "errgroup.Group.Go", "golang.org/x/sync/errgroup"},
		{"gopkg.in/yaml%2ev3.Marshal", "yaml.v3.Marshal", "yaml.v3.Marshal", "gopkg.in/yaml.v3"},
		{"net/http.(*persistConn).readLoop", "http.persistConn.readLoop", "http.persistConn.readLoop", "net/http"},
		{"sync.(*WaitGroup).Go.func1", "sync.WaitGroup.Go.func1", "sync.WaitGroup.Go", "sync"},
		{"", ".", ".", ""},
	} {
		if got := short(c.full); got != c.short {
			t.Errorf("short(%q) = %q, want %q", c.full, got, c.short)
		}
		if got := enclosing(c.full); got != c.enclosing {
			t.Errorf("enclosing(%q) = %q, want %q", c.full, got, c.enclosing)
		}
		if got := packageOf(c.full); got != c.pkg {
			t.Errorf("packageOf(%q) = %q, want %q", c.full, got, c.pkg)
		}
	}
}

func TestLibrariesAreDistinguishedFromUserCode(t *testing.T) {
	for pkg, want := range map[string]bool{
		"main": false, "example.com/speedup/workloads/sites": false, "github.com/a/b": false,
		"example.com/speedup/kernel-helpers/generator": false,
		"sync": true, "net/http": true, "golang.org/x/sync/errgroup": true,
		"github.com/janpfeifer/gonb/gonbui": true, "example.com/speedup/kernel-helpers/display": true,
		"example.com/speedup/kernel-helpers/base/child": true,
	} {
		if libraries(pkg) != want {
			t.Errorf("libraries(%q) = %v, want %v", pkg, !want, want)
		}
	}
}
