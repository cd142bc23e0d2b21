package coursework

import (
	"bytes"
	_ "embed" // for the template
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"text/template"

	"example.com/speedup/kernel-helpers/base/atomicfile"
)

// WorkflowFile is where GitHub and GitHub Classroom look for a workflow. See
// https://docs.github.com/en/education/manage-coursework-with-github-classroom/teach-with-github-classroom/use-autograding
// and https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax.
const WorkflowFile = ".github/workflows/classroom.yml"

//go:embed classroom.yml.tmpl
var workflowText string

var workflow = template.Must(template.New("workflow").Funcs(template.FuncMap{"quote": quoteYAML, "shell": quoteShell}).Parse(workflowText))

// WriteWorkflow adds a workflow for GitHub Classroom to a handout in dir: on each push
// it runs `coursework check` on the released notebooks. It returns the workflow's path.
func (c *Course) WriteWorkflow(dir string) (file string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("handout: workflow: %w", err)
		}
	}()
	assignments, err := c.Released()
	if err != nil {
		return "", err
	}
	var notebooks []string
	for _, name := range assignments {
		files, err := visibleFiles(filepath.Join(c.Dir, "release", name))
		if err != nil {
			return "", err
		}
		for _, f := range files {
			if path.Ext(f) == ".ipynb" {
				notebooks = append(notebooks, path.Join("notebooks/coursework/release", name, filepath.ToSlash(f)))
			}
		}
	}
	var text bytes.Buffer
	if err := workflow.Execute(&text, notebooks); err != nil {
		return "", err
	}
	file = filepath.Join(dir, filepath.FromSlash(WorkflowFile))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return "", err
	}
	return file, atomicfile.WriteFile(file, text.Bytes(), 0o644)
}

// quoteYAML returns text as a YAML string, and quoteShell as a word of a shell.
func quoteYAML(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func quoteShell(text string) string {
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
