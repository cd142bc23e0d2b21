//go:build !browser

package lab

import (
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/licensecheck"
)

// allowedLicences lists the licences that a dependency may have, by the names
// of licensecheck and SPDX. They permit others to use and redistribute what is
// built with it, under any licence.
var allowedLicences = []string{
	"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Apache-2.0", "Python-2.0", "PSF-2.0", "Unlicense", "Zlib", "HPND", "CC0-1.0",
	"MPL-2.0", // its files stay under this licence; we change none of them
}

func TestOurLicenceIsMIT(t *testing.T) {
	text := readFile(t, "..", "LICENSE")
	if got := licencesOf([]byte(text)); !slices.Equal(got, []string{"MIT"}) {
		t.Errorf("kernel-helpers/LICENSE: got %q, want MIT", got)
	}
	if !strings.Contains(readFile(t, "..", "..", "README.md"), strings.TrimSpace(text)) {
		t.Error("README.md: want the text of kernel-helpers/LICENSE")
	}
}

// The patches contain lines of GoNB, so its licence must be in their folder.
func TestThePatchesHaveGoNBsLicence(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", "github.com/janpfeifer/gonb").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	if got, want := readFile(t, "..", "internal", "gonb", "LICENSE"), readFile(t, strings.TrimSpace(string(out)), "LICENSE"); got != want {
		t.Errorf("kernel-helpers/internal/gonb/LICENSE: got\n%s\nwant that of GoNB\n%s", got, want)
	}
}

func TestEachGoModuleHasAnAllowedLicence(t *testing.T) {
	folders := make(map[string]string) // by module
	for _, tags := range []string{"", "browser", "notebooks"} {
		// This includes tests and tools, so that it covers all modules of which
		// code is compiled.
		list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "-tags", tags, "-json=Module", "./...", "tool")
		list.Dir = filepath.Join("..", "..")
		out, err := list.Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
			var pkg struct {
				Module *struct {
					Path, Dir string
					Main      bool
				}
			}
			if err := d.Decode(&pkg); err != nil {
				t.Fatal(err)
			}
			if m := pkg.Module; m != nil && !m.Main {
				folders[m.Path] = m.Dir
			}
		}
	}
	if len(folders) < 10 {
		t.Errorf("got %d modules, want at least the 10 in go.mod", len(folders))
	}
	for module, folder := range folders {
		text, err := licenceFile(os.DirFS(folder))
		if err != nil {
			t.Errorf("%s: %v", module, err)
			continue
		}
		checkLicences(t, module, licencesOf(text))
	}
}

// The licence of a package is the SPDX expression in its metadata, or else that
// of its licence file, or else that of its classifier.
func TestEachPythonPackageHasAnAllowedLicence(t *testing.T) {
	infos, err := filepath.Glob(filepath.Join("..", "..", ".venv", "lib", "python3*", "site-packages", "*.dist-info"))
	if err != nil {
		t.Fatal(err)
	}
	if len(infos) == 0 {
		t.Skip("there is no .venv (./install.sh prepare creates it)")
	}
	for _, info := range infos {
		name := strings.TrimSuffix(filepath.Base(info), ".dist-info")
		metadata := readFile(t, info, "METADATA")
		found := expressionLicences(metadata)
		if text, err := licenceFile(os.DirFS(info)); len(found) == 0 && err == nil {
			found = licencesOf(text)
		}
		if len(found) == 0 { // the least precise, because "BSD License" may be one of several
			found = classifierLicences(metadata)
		}
		checkLicences(t, name, found)
	}
}

func checkLicences(t *testing.T, what string, found []string) {
	t.Helper()
	if len(found) == 0 {
		t.Errorf("%s: got no known licence", what)
	}
	for _, id := range found {
		if !slices.Contains(allowedLicences, id) {
			t.Errorf("%s has the licence %s, want one of %q", what, id, allowedLicences)
		}
	}
}

// licencesOf returns the licences in a text, sorted and without duplicates.
func licencesOf(text []byte) (ids []string) {
	for _, m := range licensecheck.Scan(text).Match {
		if !m.IsURL {
			ids = append(ids, m.ID)
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// licenceFile returns the first licence file in a tree, in the order of depth.
func licenceFile(tree fs.FS) (text []byte, err error) {
	found := ""
	err = fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		upper := strings.ToUpper(entry.Name())
		if !strings.HasPrefix(upper, "LICEN") && !strings.HasPrefix(upper, "COPYING") {
			return nil
		}
		if found == "" || strings.Count(name, "/") < strings.Count(found, "/") {
			found = name
		}
		return nil
	})
	if err == nil && found == "" {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(tree, found)
}

// expressionLicences returns the licences in the SPDX expression in the
// metadata of a Python package. For alternatives (OR) it returns the first
// allowed one.
func expressionLicences(metadata string) (ids []string) {
	for _, expression := range fields(metadata, "License-Expression") {
		for all := range strings.SplitSeq(strings.NewReplacer("(", " ", ")", " ").Replace(expression), " AND ") {
			alternatives := strings.Split(all, " OR ")
			for i := range alternatives {
				alternatives[i] = strings.TrimSpace(alternatives[i])
			}
			allowed := slices.IndexFunc(alternatives, func(id string) bool { return slices.Contains(allowedLicences, id) })
			ids = append(ids, alternatives[max(0, allowed)])
		}
	}
	return ids
}

// classified maps classifiers of Python packages to licences.
var classified = map[string]string{
	"License :: OSI Approved :: MIT License":                        "MIT",
	"License :: OSI Approved :: BSD License":                        "BSD-3-Clause",
	"License :: OSI Approved :: Apache Software License":            "Apache-2.0",
	"License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}

// classifierLicences returns the licences of the classifiers in the metadata of
// a Python package.
func classifierLicences(metadata string) (ids []string) {
	for _, classifier := range fields(metadata, "Classifier") {
		if id, known := classified[classifier]; known {
			ids = append(ids, id)
		}
	}
	return ids
}

// fields returns the values of a field of the metadata of a Python package.
func fields(metadata, name string) (values []string) {
	head, _, _ := strings.Cut(metadata, "\n\n")
	for line := range strings.Lines(head) {
		if value, found := strings.CutPrefix(strings.TrimSpace(line), name+": "); found {
			values = append(values, value)
		}
	}
	return values
}

func readFile(t testing.TB, elements ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(elements...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
