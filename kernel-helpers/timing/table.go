package timing

// Table shows the kept results of the given names, or of all, with the
// documents' figures beside them.
func Table(names ...string) {}

// Chart shows the speed-up of the kept results of the given names, or of all.
func Chart(names ...string) {}
