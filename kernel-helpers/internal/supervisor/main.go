package supervisor

// Main runs a kernel until a client shuts it down, its parent is gone, or SIGTERM or
// SIGHUP comes. SIGINT interrupts the running cell. When Main returns, GoNB,
// everything that it started and all files of the kernel are gone. The program
// should then exit with the returned status.
//
// Main starts the same program with the same arguments as a second process, in
// which the program must call Main again with the same options.
func Main(o Options) (status int, err error) {
	surviveBrokenPipes()
	if home := secondHome(); home != "" {
		if err := supervise(o, home); err != nil {
			return 1, err
		}
		return 0, nil
	}
	return keep(o)
}
