package grader

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/checkout"
	"example.com/speedup/kernel-helpers/internal/coursework/grader/compile"
)

// Fingerprint returns a hash of everything that results depend on besides the
// answers: the toolchain, this program, the packages that tests are compiled from
// in the checkout in dir, and files. imports are those of locked cells and test
// cells.
func Fingerprint(ctx context.Context, dir string, imports, files []string, unsafe bool) (string, error) {
	h := sha256.New()
	version, err := checkout.Go(ctx, dir, "env", "GOVERSION")
	if err != nil {
		return "", err
	}
	h.Write(version)
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	// Tests are compiled from the checkout's packages, which self doesn't contain.
	// Files that are ignored here may be used under the race detector.
	const sources = `{{if not .Standard}}{{range .GoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{range .IgnoredGoFiles}}{{$.Dir}}/{{.}}{{"\n"}}{{end}}{{end}}`
	parts, err := checkout.Go(ctx, dir, slices.Concat([]string{"list", "-deps", "-f", sources, compile.HarnessPath()}, imports)...)
	if err != nil {
		return "", err
	}
	all := append([]string{self}, files...)
	for file := range strings.Lines(string(parts)) {
		if file = strings.TrimSpace(file); file != "" { // go list ends each template with a newline
			all = append(all, file)
		}
	}
	for _, name := range all {
		if err := addFile(h, name); err != nil {
			return "", err
		}
	}
	fmt.Fprintln(h, unsafe)
	return hex.EncodeToString(h.Sum(nil)), nil
}

// addFile adds a file's content and size to a hash.
func addFile(h io.Writer, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	n, err := io.Copy(h, f)
	fmt.Fprintf(h, "\n%d\n", n)
	return err
}
