//go:build !browser

package lab

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

var markdown = goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()))

// A page is a Markdown text in a file.
type page struct {
	file   string
	source []byte
	node   ast.Node
}

func parsePage(file string, source []byte) page {
	return page{file, source, markdown.Parser().Parse(text.NewReader(source))}
}

func TestLinksOfPagesAndNotebooksResolve(t *testing.T) {
	links := 0
	for _, p := range markdownPages(t) {
		for _, link := range p.links() {
			links++
			if err := p.resolve(link); err != nil {
				t.Errorf("%s: the link %s: %v", p.file, link, err)
			}
		}
	}
	if links < 30 {
		t.Errorf("got %d links, want at least 30", links)
	}
}

// The README is for newcomers, so it must be short.
func TestTheReadmeIsShort(t *testing.T) {
	readme, _, found := strings.Cut(readFile(t, "..", "..", "README.md"), strings.TrimSpace(readFile(t, "..", "LICENSE")))
	if n := len(strings.Fields(readme)); !found || n > 1200 {
		t.Errorf("README.md: got %d words before the licence, want at most 1200", n)
	}
}

// markdownPages returns the Markdown files of the checkout and the Markdown cells of
// its notebooks.
func markdownPages(t *testing.T) (pages []page) {
	t.Helper()
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && file != root && (name == "bin" || name == "testdata" || name == "homework" || name[0] == '.' && name != ".github"):
			return fs.SkipDir
		case strings.HasSuffix(name, ".md"):
			pages = append(pages, parsePage(file, []byte(readFile(t, file))))
		case strings.HasSuffix(name, ".ipynb"):
			nb, err := notebook.Read(file)
			if err != nil {
				return err
			}
			for _, cell := range nb.Cells() {
				if cell.Type() == "markdown" {
					pages = append(pages, parsePage(file, []byte(cell.Source())))
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// links returns the destinations of the links and images.
func (p page) links() (links []string) {
	_ = ast.Walk(p.node, func(n ast.Node, entering bool) (ast.WalkStatus, error) { // our function returns no error
		if entering {
			switch n := n.(type) {
			case *ast.Link:
				links = append(links, string(n.Destination))
			case *ast.Image:
				links = append(links, string(n.Destination))
			case *ast.AutoLink:
				links = append(links, string(n.URL(p.source)))
			}
		}
		return ast.WalkContinue, nil
	})
	return links
}

// resolve returns an error if a link is broken. It does not follow links to
// other hosts, so that the test does not depend on the network.
func (p page) resolve(link string) error {
	u, err := url.Parse(link)
	switch {
	case err != nil:
		return err
	case u.Scheme == "http" || u.Scheme == "https":
		if !strings.Contains(u.Hostname(), ".") {
			return fmt.Errorf("%q is not a public host", u.Host)
		}
		return nil
	case u.Scheme == "attachment":
		raw, err := os.ReadFile(p.file)
		if err == nil && !regexp.MustCompile(`"`+regexp.QuoteMeta(u.Opaque)+`": \{\s*"image/png": "[^"]`).Match(raw) {
			err = errors.New("no cell has such an attachment")
		}
		return err
	case u.Scheme == "mailto":
		return nil
	case u.Scheme != "" || strings.HasPrefix(u.Path, "/"):
		return fmt.Errorf("it is neither relative nor an HTTP URL")
	}
	target := p
	if u.Path != "" {
		file := filepath.Join(filepath.Dir(p.file), filepath.FromSlash(u.Path))
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		if u.Fragment == "" || info.IsDir() || filepath.Ext(file) != ".md" {
			return nil
		}
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		target = parsePage(file, source)
	}
	if filepath.Ext(target.file) == ".md" && !target.hasHeading(u.Fragment) {
		return fmt.Errorf("%s has no heading #%s", target.file, u.Fragment)
	}
	return nil
}

func (p page) hasHeading(id string) (found bool) {
	_ = ast.Walk(p.node, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if heading, ok := n.(*ast.Heading); ok && entering {
			if v, ok := heading.AttributeString("id"); ok {
				raw, _ := v.([]byte)
				found = found || string(raw) == id
			}
		}
		return ast.WalkContinue, nil
	})
	return found
}
