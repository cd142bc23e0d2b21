package jupyter

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// specFolders returns the folders that Jupyter searches for kernel specs, in
// this order: JUPYTER_PATH, those of the user and of Python environments, and
// the system's. Jupyter's environment is that of the Python that runs it. Here,
// the environments are VIRTUAL_ENV, CONDA_PREFIX, and those of jupyter and
// python on PATH.
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

// userData returns the user's data folders.
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

// prefixes returns the roots of the known Python environments.
func prefixes() []string {
	list := []string{os.Getenv("VIRTUAL_ENV"), os.Getenv("CONDA_PREFIX")}
	for _, name := range []string{"jupyter", "python3", "python"} {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		// The python of a venv is a link to a file outside it, and pipx creates
		// a link to jupyter inside it, so either end of a link may be in the
		// environment.
		list = append(list, filepath.Dir(filepath.Dir(program)))
		if target, err := filepath.EvalSymlinks(program); err == nil {
			list = append(list, filepath.Dir(filepath.Dir(target)))
		}
	}
	var found []string
	for _, p := range list {
		// The system's own prefixes come last.
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

// preferEnvironments reports whether environments come before the user's
// folders. That is so if JUPYTER_PREFER_ENV_PATH says so or, without it, if a
// virtual environment is in use.
func preferEnvironments(prefixes []string) bool {
	if v, set := os.LookupEnv("JUPYTER_PREFER_ENV_PATH"); set {
		return !slices.Contains([]string{"no", "n", "false", "off", "0", "0.0"}, strings.ToLower(v))
	}
	return slices.ContainsFunc(prefixes, func(p string) bool {
		_, err := os.Stat(filepath.Join(p, "pyvenv.cfg"))
		return err == nil
	})
}
