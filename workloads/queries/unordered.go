//go:build !race

package queries

func unordered() {}
func ordered()   {}
