package gonb

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// workingCopy is the folder of a git repository of ours.
type workingCopy string

// git runs git in the working copy and returns its standard output. The user's
// configuration and hooks do not count.
func (w workingCopy) git(ctx context.Context, args ...string) ([]byte, error) {
	settings := []string{"-c", "user.name=gonb-build", "-c", "user.email=gonb-build@localhost"}
	cmd := exec.CommandContext(ctx, "git", append(settings, args...)...)
	cmd.Dir = string(w)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GIT_") })
	cmd.Env = append(cmd.Env, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL="+os.DevNull)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("git %s: %w\n%s", args[0], err, bytes.TrimSpace(said.Bytes()))
	}
	return out, err
}

// clear makes an empty repository of the folder. It fails if the folder has
// something that we did not put there.
func (w workingCopy) clear(ctx context.Context) error {
	entries, err := os.ReadDir(string(w))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		state, err := w.state()
		if err != nil {
			return fmt.Errorf("%s is not a working copy of this command: %w", w, err)
		}
		tree, err := w.tree(ctx)
		if err != nil {
			return err
		}
		if tree != state.Tree {
			return fmt.Errorf("%s has edits of %s: write them back with -write, or remove the folder", w, state.Patch)
		}
	}
	if err := os.RemoveAll(string(w)); err != nil {
		return err
	}
	if err := os.MkdirAll(string(w), 0o755); err != nil {
		return err
	}
	_, err = w.git(ctx, "init", "--quiet")
	return err
}

// put writes files, and removes those whose content is nil.
func (w workingCopy) put(files map[string][]byte) error {
	for name, content := range files {
		name = filepath.Join(string(w), filepath.FromSlash(name))
		var err error
		if content == nil {
			err = os.Remove(name)
		} else {
			err = writeFile(name, content)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// commit writes files and commits them.
func (w workingCopy) commit(ctx context.Context, files map[string][]byte, message string) error {
	if err := w.put(files); err != nil {
		return err
	}
	if _, err := w.git(ctx, "add", "--all", "--force"); err != nil {
		return err
	}
	_, err := w.git(ctx, "commit", "--quiet", "--allow-empty", "--message", message)
	return err
}

// tree returns the id of the files as they are.
func (w workingCopy) tree(ctx context.Context) (string, error) {
	if _, err := w.git(ctx, "add", "--all", "--force"); err != nil {
		return "", err
	}
	id, err := w.git(ctx, "write-tree")
	return string(bytes.TrimSpace(id)), err
}

func (w workingCopy) stateFile() string { return filepath.Join(string(w), ".git", "refresh.json") }

func (w workingCopy) state() (s refreshState, err error) {
	raw, err := os.ReadFile(w.stateFile())
	if err == nil {
		err = json.Unmarshal(raw, &s)
	}
	return s, err
}

// save notes s, with the files as they are.
func (w workingCopy) save(ctx context.Context, s refreshState) error {
	var err error
	if s.Tree, err = w.tree(ctx); err != nil {
		return err
	}
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeFile(w.stateFile(), raw)
}

var (
	conflictMarker = regexp.MustCompile(`(?m)^\+(<{7}|\|{7}|>{7}) `)
	indexLine      = regexp.MustCompile(`(?m)^index [0-9a-f]+\.\.[0-9a-f]+.*\n`)
)

// diff returns what the files change since the last commit, in the form of our
// patches: without the ids of files and the text of deleted ones.
func (w workingCopy) diff(ctx context.Context) ([]byte, error) {
	if _, err := w.git(ctx, "add", "--all", "--force"); err != nil {
		return nil, err
	}
	diff, err := w.git(ctx, "diff", "--cached", "--no-color", "--no-ext-diff", "--no-renames", "--irreversible-delete", "HEAD")
	switch marker := conflictMarker.Find(diff); {
	case err != nil:
		return nil, err
	case marker != nil:
		return nil, fmt.Errorf("%s still has conflict markers (%s): edit the files, then write again", w, marker[1:])
	case len(diff) == 0:
		return nil, fmt.Errorf("the files in %s are as without the patch: delete the patch if it is no longer needed", w)
	}
	return indexLine.ReplaceAll(diff, nil), nil
}

// merge applies p. A file in which a hunk does not fit is merged by git.
func (w workingCopy) merge(ctx context.Context, p Patch) (conflicts []error, err error) {
	tree := os.DirFS(string(w))
	for _, f := range p.files {
		one := Patch{Name: p.Name, files: p.files[:0:0]}
		one.files = append(one.files, f)
		changed, err := applyOne(tree, nil, one)
		if err == nil {
			if err := w.put(changed); err != nil {
				return nil, err
			}
			continue
		}
		if _, ok := errors.AsType[*MisfitError](err); !ok {
			return nil, err
		}
		ours, err := fs.ReadFile(tree, f.NewName)
		if errors.Is(err, fs.ErrNotExist) {
			conflicts = append(conflicts, &MisfitError{Patch: p.Name, File: f.NewName, Reason: "no such file: find where its code is now, and change it there"})
			continue
		}
		if err != nil {
			return nil, err
		}
		base, theirs, misfits := sides(ours, f)
		for _, m := range misfits {
			m.Patch, m.File = p.Name, f.NewName
			conflicts = append(conflicts, m)
		}
		merged, err := w.mergeFile(ctx, p.Name, ours, base, theirs)
		if err != nil {
			return nil, err
		}
		if err := w.put(map[string][]byte{f.NewName: merged}); err != nil {
			return nil, err
		}
	}
	return conflicts, nil
}

// mergeFile returns the three-way merge of ours and theirs, with conflict markers
// where git finds no answer.
func (w workingCopy) mergeFile(ctx context.Context, label string, ours, base, theirs []byte) ([]byte, error) {
	folder := filepath.Join(string(w), ".git", "merge")
	files := []string{"ours", "base", "theirs"}
	for i, content := range [][]byte{ours, base, theirs} {
		files[i] = filepath.Join(folder, files[i])
		if err := writeFile(files[i], content); err != nil {
			return nil, err
		}
	}
	args := []string{"merge-file", "--stdout", "--diff3", "-L", "GoNB", "-L", "what " + label + " expects", "-L", label}
	merged, err := w.git(ctx, append(args, files...)...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && 0 < exit.ExitCode() && exit.ExitCode() < 128 {
		err = nil // the number of conflicts
	}
	return merged, err
}
