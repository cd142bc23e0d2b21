//go:build browser && !linux

package lab_test

// killMarked finds nothing: elsewhere than on Linux the environment of other
// processes can't be read, and a clean end of JupyterLab must do.
func killMarked(string) []string { return nil }
