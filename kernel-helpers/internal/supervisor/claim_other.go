//go:build !linux

package supervisor

import "os"

// lockHolders returns nothing, because this system doesn't say which process holds a
// lock. We wait for a predecessor and don't kill it.
func lockHolders(*os.File) ([]int, error) { return nil, nil }

// isKeeper is not called here.
func isKeeper(int) bool { return false }
