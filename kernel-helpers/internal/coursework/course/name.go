package course

import (
	"fmt"
	"strings"

	"example.com/speedup/kernel-helpers/internal/coursework/untrusted"
)

// CheckName returns an error if name can't be the name of an assignment, a
// student or a cell. Such names become names of files.
func CheckName(name string) error {
	if name == "" || strings.HasPrefix(name, ".") || strings.ContainsAny(name, `/\:*?"<>|`) || untrusted.Clean(name) != name || strings.ContainsAny(name, "\n\t") || len(name) > 100 {
		return fmt.Errorf("%q can't be a name: use at most 100 characters, none of them a slash, a quote or a control character, and no dot at the start", name)
	}
	return nil
}

// escapeGlob quotes dir for [filepath.Glob].
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}
