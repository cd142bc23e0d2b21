package shared

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
)

// Use makes this process, and those that it starts, use the installation's folder:
// it seeds the user's caches and sets environment variables that name them. What the
// user has set stays.
func Use(ctx context.Context, folder string) error {
	if err := use(ctx, folder); err != nil {
		return fmt.Errorf("shared: %w; let the installation's owner run ./install.sh prepare --shared", err)
	}
	return nil
}

// UseIfPrepared is [Use] for the installation in checkout, if it was prepared for many
// users. It does nothing in any other checkout.
func UseIfPrepared(ctx context.Context, checkout string) error {
	folder := filepath.Join(checkout, ".lab", "shared")
	if _, err := os.Stat(filepath.Join(folder, "id")); err != nil {
		return nil
	}
	return Use(ctx, folder)
}

// fileName is what an id may be, because it is part of a file's name.
var fileName = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)

func use(ctx context.Context, folder string) error {
	text, err := os.ReadFile(filepath.Join(folder, "id"))
	if err != nil {
		return err
	}
	id := strings.TrimSpace(string(text))
	if !fileName.MatchString(id) {
		return fmt.Errorf("%s: got %q, want one word", filepath.Join(folder, "id"), id)
	}
	caches, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	own := filepath.Join(caches, "speedup")
	if err := os.MkdirAll(own, 0o700); err != nil {
		return err
	}
	build, modules, err := goCaches(ctx)
	if err != nil {
		return err
	}
	set := func(name, value string) {
		if os.Getenv(name) == "" {
			err = errors.Join(err, os.Setenv(name, value))
		}
	}
	set("GOPLSCACHE", filepath.Join(own, "gopls"))
	set("SPEEDUP_CELLBUILD", filepath.Join(own, "cellbuild"))
	if isEmpty(modules) {
		set("GOMODCACHE", filepath.Join(folder, "mod"))
	}
	if err != nil {
		return err
	}
	return once(own, id, func() error {
		return errors.Join(
			seed(ctx, filepath.Join(folder, "build"), build),
			seed(ctx, filepath.Join(folder, "gopls"), os.Getenv("GOPLSCACHE")),
		)
	})
}

// goCaches returns where Go keeps what it builds and its modules.
func goCaches(ctx context.Context) (build, modules string, err error) {
	out, err := exec.CommandContext(ctx, "go", "env", "GOCACHE", "GOMODCACHE").Output()
	if err != nil {
		return "", "", fmt.Errorf("go env: %w", err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	if len(lines) != 2 {
		return "", "", fmt.Errorf("go env: got %q, want two lines", out)
	}
	return lines[0], lines[1], nil
}

// isEmpty reports whether a folder has nothing in it, or isn't there.
func isEmpty(dir string) bool {
	entries, err := os.ReadDir(dir)
	return len(entries) == 0 && (err == nil || errors.Is(err, os.ErrNotExist))
}
