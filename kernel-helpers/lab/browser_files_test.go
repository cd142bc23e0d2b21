//go:build browser

package lab_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// place writes a file to a new folder in JupyterLab's folder and returns its
// path there.
func place(t *testing.T, name string, content []byte) string {
	t.Helper()
	folder, err := os.MkdirTemp(fixture.server.Root, "test")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	return filepath.Base(folder) + "/" + name
}

// placeCells writes a small notebook of code cells for the Go kernel.
func placeCells(t *testing.T, sources ...string) string {
	t.Helper()
	var cells []map[string]any
	for i, source := range sources {
		cells = append(cells, map[string]any{
			"cell_type": "code", "id": fmt.Sprintf("cell-%d", i), "source": source,
			"metadata": map[string]any{}, "outputs": []any{}, "execution_count": nil,
		})
	}
	content, err := json.Marshal(map[string]any{
		"cells": cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{"kernelspec": map[string]any{
			"name": "gonb", "display_name": "Go (gonb)", "language": "go",
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return place(t, "small.ipynb", content)
}

// placeUntrusted copies a notebook in JupyterLab's folder and changes its
// metadata, so that its signature is invalid.
func placeUntrusted(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(fixture.server.Root, filepath.FromSlash(path)))
	if err != nil {
		t.Fatal(err)
	}
	var notebook map[string]any
	if err := json.Unmarshal(content, &notebook); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	notebook["metadata"].(map[string]any)["from"] = "elsewhere"
	if content, err = json.Marshal(notebook); err != nil {
		t.Fatal(err)
	}
	return place(t, "untrusted.ipynb", content)
}
