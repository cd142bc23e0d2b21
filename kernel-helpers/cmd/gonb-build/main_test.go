package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// invoke runs the command and returns its exit status and what it printed.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestWrongUsageIsOneLineAndExitsWith2(t *testing.T) {
	for _, args := range [][]string{{"x"}, {"-nonsense"}, {"-write"}, {"-list", "-refresh", "01"}, {"-refresh"}} {
		code, out, errs := invoke(t, args...)
		if code != 2 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, "see gonb-build -help") {
			t.Errorf("gonb-build %q: exit %d, printed %q and %q, want 2 and one line that names -help", args, code, out, errs)
		}
	}
}

func TestHelpNamesEveryFlag(t *testing.T) {
	code, out, errs := invoke(t, "-help")
	if code != 0 || errs != "" {
		t.Errorf("exit %d, printed %q to stderr, want 0 and nothing", code, errs)
	}
	for _, flag := range []string{"-o ", "-folder ", "-list", "-refresh ", "-write", "Exit status"} {
		if !strings.Contains(out, flag) {
			t.Errorf("the help does not say %q:\n%s", flag, out)
		}
	}
}

func TestListNamesThePatches(t *testing.T) {
	code, out, errs := invoke(t, "-list")
	if code != 0 || errs != "" || !strings.HasPrefix(out, "01-displays-lost.patch\n") {
		t.Errorf("exit %d, printed %.100q and %q", code, out, errs)
	}
}

func TestAPatchIsRefreshedByTwoCalls(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "copy")
	code, out, errs := invoke(t, "-refresh", "02", "-folder", folder)
	if code != 0 || !strings.Contains(out, "02-utf8-cut.patch is applied in "+folder) || !strings.Contains(out, "-refresh 02 -write") {
		t.Fatalf("exit %d, printed %q and %q", code, out, errs)
	}
	patch := filepath.Join("..", "..", "internal", "gonb", "02-utf8-cut.patch")
	before, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs = invoke(t, "-refresh", "02", "-write", "-folder", folder)
	after, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	if code != 0 || !strings.HasPrefix(out, "Wrote ") || strings.Contains(out, "Refresh next") || !bytes.Equal(before, after) {
		t.Errorf("exit %d, printed %q and %q, patch unchanged: %t, want 0 and true", code, out, errs, bytes.Equal(before, after))
	}
	if code, _, errs := invoke(t, "-refresh", "99", "-folder", folder); code != 1 || !strings.Contains(errs, `no patch has the number "99"`) {
		t.Errorf("an unknown number: exit %d, printed %q", code, errs)
	}
}
