package programtest

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Checkout returns a checkout of an earlier revision of the repository in root, for a
// benchmark that compares with it. It shares the repository's objects, and the
// repository knows nothing of it: nothing stays there if the benchmark is killed.
func Checkout(tb testing.TB, root, revision string) string {
	tb.Helper()
	git := func(args ...string) string {
		tb.Helper()
		out, err := exec.CommandContext(tb.Context(), "git", args...).CombinedOutput()
		if err != nil {
			tb.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return strings.TrimSpace(string(out))
	}
	commit := git("-C", root, "rev-parse", "--verify", revision+"^{commit}")
	dir := filepath.Join(tb.TempDir(), "before")
	git("clone", "--quiet", "--shared", "--no-checkout", root, dir)
	git("-C", dir, "checkout", "--quiet", "--detach", commit)
	return dir
}
