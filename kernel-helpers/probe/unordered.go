//go:build !race

package probe

func unordered() {}
func ordered()   {}
