package shared

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// installation makes a shared folder with one file in each part, and a new user.
func installation(t *testing.T) (folder, home string) {
	t.Helper()
	folder, home = t.TempDir(), t.TempDir()
	write(t, filepath.Join(folder, "id"), "go1.26.8-1\n")
	for _, name := range []string{"build/00/00a-d", "gopls/v1/b", "mod/cache/c"} {
		write(t, filepath.Join(folder, name), "seed")
	}
	t.Setenv("HOME", home)
	for _, name := range []string{"XDG_CACHE_HOME", "GOCACHE", "GOMODCACHE", "GOPATH", "GOENV", "GOPLSCACHE", "SPEEDUP_CELLBUILD"} {
		t.Setenv(name, "") // so that it is restored
		os.Unsetenv(name)
	}
	return folder, home
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, path, text string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != text {
		t.Errorf("%s: got %q, %v; want %q", path, got, err, text)
	}
}

func TestANewUserGetsTheSeedsOnce(t *testing.T) {
	folder, home := installation(t)
	cache := filepath.Join(home, ".cache")
	own := filepath.Join(cache, "go-build", "00", "00a-d")
	write(t, filepath.Join(cache, "go-build", "00", "mine"), "mine")
	var kernels sync.WaitGroup
	for range 3 { // which start at the same time
		kernels.Go(func() {
			if err := Use(t.Context(), folder); err != nil {
				t.Error(err)
			}
		})
	}
	kernels.Wait()
	want(t, own, "seed")
	want(t, filepath.Join(cache, "go-build", "00", "mine"), "mine")
	want(t, filepath.Join(cache, "speedup", "gopls", "v1", "b"), "seed")
	for name, value := range map[string]string{
		"GOPLSCACHE":        filepath.Join(cache, "speedup", "gopls"),
		"SPEEDUP_CELLBUILD": filepath.Join(cache, "speedup", "cellbuild"),
		"GOMODCACHE":        filepath.Join(folder, "mod"),
	} {
		if got := os.Getenv(name); got != value {
			t.Errorf("%s: got %q, want %q", name, got, value)
		}
	}

	os.Remove(own) // as Go does with what was not used for days
	if err := Use(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(own); !os.IsNotExist(err) {
		t.Errorf("the second time: got %v, want no copy", err)
	}
	write(t, filepath.Join(folder, "id"), "go1.27-1\n")
	if err := Use(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	want(t, own, "seed") // of the new installation
}

func TestWhatTheUserHasStays(t *testing.T) {
	folder, home := installation(t)
	write(t, filepath.Join(home, "go", "pkg", "mod", "cache", "x"), "mine")
	t.Setenv("GOPLSCACHE", filepath.Join(home, "elsewhere"))
	if err := Use(t.Context(), folder); err != nil {
		t.Fatal(err)
	}
	if got := os.Getenv("GOMODCACHE"); got != "" {
		t.Errorf("GOMODCACHE of a user with modules: got %q, want it not set", got)
	}
	want(t, filepath.Join(home, "elsewhere", "v1", "b"), "seed")
}

func TestAFolderThatIsNotPreparedSaysWhoCanHelp(t *testing.T) {
	folder, _ := installation(t)
	os.Remove(filepath.Join(folder, "id"))
	if err := Use(t.Context(), folder); err == nil || !strings.Contains(err.Error(), "prepare --shared") {
		t.Errorf("got error %v, want one with the command to run", err)
	}
}

func TestACheckoutOfOneUserHasNoSeeds(t *testing.T) {
	folder, home := installation(t)
	if err := UseIfPrepared(t.Context(), home); err != nil {
		t.Errorf("a checkout that is not prepared: got %v, want nothing done", err)
	}
	checkout := t.TempDir()
	if err := errors.Join(os.Mkdir(filepath.Join(checkout, ".lab"), 0o755), os.Symlink(folder, filepath.Join(checkout, ".lab", "shared"))); err != nil {
		t.Fatal(err)
	}
	if err := UseIfPrepared(t.Context(), checkout); err != nil {
		t.Error(err)
	}
	want(t, filepath.Join(home, ".cache", "go-build", "00", "00a-d"), "seed")
}
