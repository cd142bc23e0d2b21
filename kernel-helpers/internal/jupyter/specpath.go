package jupyter

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// specFolders returns the folders that Jupyter searches for kernel specs, first
// to last: JUPYTER_PATH; the user's and the Python environments'; the system's.
// Jupyter knows its environment from the Python that runs it. We take that of
// VIRTUAL_ENV, CONDA_PREFIX, and of jupyter and python on PATH.
func specFolders() []string {
	data := filepath.SplitList(os.Getenv("JUPYTER_PATH"))
	user, environments := userData(), prefixes()
	if preferEnvironments(environments) {
		data = append(append(data, shares(environments)...), user...)
	} else {
		data = append(append(data, user...), shares(environments)...)
	}
	data = append(data, "/usr/local/share/jupyter", "/usr/share/jupyter")

	var folders []string
	for _, d := range data {
		if d == "" {
			continue
		}
		if folder := filepath.Join(d, "kernels"); !slices.Contains(folders, folder) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// userData returns the user's own data folders.
func userData() []string {
	if dir := os.Getenv("JUPYTER_DATA_DIR"); dir != "" {
		return []string{dir}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return nil
	}
	if runtime.GOOS == "darwin" {
		return []string{filepath.Join(home, "Library", "Jupyter")}
	}
	share := os.Getenv("XDG_DATA_HOME")
	if share == "" {
		share = filepath.Join(home, ".local", "share")
	}
	return []string{filepath.Join(share, "jupyter")}
}

// prefixes returns the roots of the Python environments in reach.
func prefixes() []string {
	list := []string{os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX")}
	for _, name := range []string{"jupyter", "python3", "python"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		// A venv's python is a link out of it, and pipx links jupyter into it:
		// either end may be the environment's.
		list = append(list, filepath.Dir(filepath.Dir(program)))
		if target, err := filepath.EvalSymlinks(program); err == nil {
			list = append(list, filepath.Dir(filepath.Dir(target)))
		}
	}
	var found []string
	for _, p := range list {
		// The system's own come last.
		if p != "" && p != "/usr" && p != "/usr/local" && !slices.Contains(found, p) {
			found = append(found, p)
		}
	}
	return found
}

func shares(prefixes []string) []string {
	var data []string
	for _, p := range prefixes {
		data = append(data, filepath.Join(p, "share", "jupyter"))
	}
	return data
}

// preferEnvironments says whether environments come before the user's folders:
// as JUPYTER_PREFER_ENV_PATH wants it, else if a virtual environment is in use.
func preferEnvironments(prefixes []string) bool {
	if v, set := os.LookupEnv("JUPYTER_PREFER_ENV_PATH"); set {
		return !slices.Contains([]string{"no", "n", "false", "off", "0", "0.0"}, strings.ToLower(v))
	}
	return slices.ContainsFunc(prefixes, func(p string) bool {
		_, err := os.Stat(filepath.Join(p, "pyvenv.cfg"))
		return err == nil
	})
}
