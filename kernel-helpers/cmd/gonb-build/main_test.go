package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"example.com/speedup/kernel-helpers/internal/scripttest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"gonb-build": main})
}

func TestScripts(t *testing.T) {
	scripttest.Run(t, testscript.Params{Dir: "testdata/script"})
}

// invoke runs the command and returns its exit status and its output.
func invoke(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, &out, &errs)
	return code, out.String(), errs.String()
}

func TestAPatchIsRefreshedInTwoCalls(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "copy")
	code, out, errs := invoke(t, "-refresh", "02", "-folder", folder)
	if code != 0 || !strings.Contains(out, "Applied 02-utf8-cut.patch in "+folder) || !strings.Contains(out, "-refresh 02 -write") {
		t.Fatalf("-refresh 02: got status %d, stdout %q, stderr %q; want status 0 and the folder", code, out, errs)
	}
	patch := filepath.Join("..", "..", "internal", "gonb", "02-utf8-cut.patch")
	before, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs = invoke(t, "-refresh", "02", "-write", "-folder", folder)
	if code != 0 || !strings.HasPrefix(out, "Wrote ") || strings.Contains(out, "Refresh next") {
		t.Errorf("-refresh 02 -write: got status %d, stdout %q, stderr %q; want status 0 and the file", code, out, errs)
	}
	after, err := os.ReadFile(patch)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("the patch changed: got\n%s\nwant\n%s", after, before)
	}
	if code, _, errs := invoke(t, "-refresh", "99", "-folder", folder); code != 1 || !strings.Contains(errs, `no patch has the number "99"`) {
		t.Errorf("-refresh 99: got status %d, stderr %q; want status 1 and that there is no such patch", code, errs)
	}
}
