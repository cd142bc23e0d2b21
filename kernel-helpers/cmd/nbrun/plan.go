package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.com/speedup/kernel-helpers/internal/notebook"
)

// A job is a notebook to run and the file to save it to.
type job struct {
	file string
	out  string // "" if it is not saved
}

// plan determines the file to which each notebook is saved. It creates the folder
// that -o names or that its file is in, and returns an error if two notebooks would be saved to the same
// file.
func plan(s settings) ([]job, error) {
	folder := false
	if s.out != "" {
		info, err := os.Stat(filepath.Clean(s.out))
		folder = len(s.files) > 1 || strings.HasSuffix(s.out, string(filepath.Separator)) || err == nil && info.IsDir()
		if folder && err == nil && !info.IsDir() {
			return nil, fmt.Errorf("-o %s: this is a file, but a folder is needed", s.out)
		}
	}
	var jobs []job
	taken := map[string]string{}
	for _, file := range s.files {
		j := job{file: file}
		switch {
		case s.inplace:
			j.out = file
		case folder:
			j.out = filepath.Join(s.out, filepath.Base(file))
		default:
			j.out = s.out
		}
		if j.out != "" {
			path, err := filepath.Abs(j.out)
			if err != nil {
				return nil, err
			}
			if other, twice := taken[path]; twice {
				return nil, fmt.Errorf("%s and %s would both be saved as %s", other, file, j.out)
			}
			taken[path] = file
		}
		jobs = append(jobs, j)
	}
	// Now, because a run whose result cannot be saved is in vain.
	switch {
	case folder:
		return jobs, os.MkdirAll(s.out, 0o777)
	case s.out != "":
		return jobs, os.MkdirAll(filepath.Dir(s.out), 0o777)
	}
	return jobs, nil
}

// run runs the notebook in its folder and saves it.
func (j job) run(ctx context.Context, o notebook.Options) report {
	begin := time.Now()
	r := report{File: j.file}
	err := j.runAndSave(ctx, o, &r)
	r.Seconds = time.Since(begin).Seconds()
	r.Status = passed
	if err != nil {
		r.Status = failed
		r.Error = describe(err)
		if ctx.Err() != nil {
			r.Status = interrupted
		}
	}
	return r
}

func (j job) runAndSave(ctx context.Context, o notebook.Options, r *report) error {
	nb, err := notebook.Read(j.file)
	if err != nil {
		return err
	}
	o.Dir = filepath.Dir(j.file)
	result, err := notebook.Run(ctx, nb, o)
	r.Kernel, r.Cells, r.Ran, r.AllowedErrors = result.Kernel, result.Cells, result.Ran, result.Failed
	if j.out == "" || err != nil && result.Ran == 0 {
		return err
	}
	if saveErr := nb.WriteFile(j.out); saveErr != nil {
		return errors.Join(err, saveErr)
	}
	r.Saved = j.out
	return err
}
