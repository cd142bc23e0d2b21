// Hub-load puts a class's load on a JupyterHub and says what the class would meet. Run
// hub-load --help for its options.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"example.com/speedup/kernel-helpers/internal/hub"
)

const usage = `Hub-load puts a class's load on a JupyterHub: each user has a notebook open and
runs a cell now and then, of another text each time.

Usage: HUB_PASSWORD=… hub-load [options]

  --address URL   the Hub (default http://127.0.0.1:8000)
  --users N       how many (default 40)
  --name NAME     the accounts are NAME1 to NAMEN, and class.json names them as
                  students (default load). All have the password that the
                  environment variable HUB_PASSWORD holds.
  --every TIME    time between two cells of a user (default 1m)
  --for TIME      time from the first cell to the last (default 10m)
  --starting N    how many servers start at the same time (default 4)

It prints how long cells take while all users work, beside what they take with one
user, what failed, and the memory of the users' processes if it runs as root on the
Hub's machine. At its end, and at Ctrl-C, it stops the users' servers.

Exit status: 0 if no cell failed, 1 if one did or the Hub did not work, 2 for wrong
usage.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Getenv("HUB_PASSWORD"), os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, password string, stdout, stderr io.Writer) int {
	l := hub.Load{Password: password, Progress: stderr}
	flags := flag.NewFlagSet("hub-load", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&l.Address, "address", "http://127.0.0.1:8000", "")
	users := flags.Int("users", 40, "")
	name := flags.String("name", "load", "")
	flags.DurationVar(&l.Every, "every", time.Minute, "")
	flags.DurationVar(&l.For, "for", 10*time.Minute, "")
	flags.IntVar(&l.Starting, "starting", 4, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err != nil:
	case flags.NArg() > 0:
		err = fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case *users < 1:
		err = fmt.Errorf("--users is %d, want at least 1", *users)
	case l.Every <= 0 || l.For <= 0:
		err = errors.New("--every and --for must be longer than 0")
	case password == "":
		err = errors.New("HUB_PASSWORD is not set: it holds the users' password")
	}
	if err != nil {
		fmt.Fprintf(stderr, "hub-load: %v; see hub-load --help\n", err)
		return 2
	}
	for i := range *users {
		l.Users = append(l.Users, *name+strconv.Itoa(i+1))
	}
	report, err := l.Run(ctx)
	if err != nil {
		fmt.Fprintf(stderr, "hub-load: %v\n", err)
		return 1
	}
	fmt.Fprint(stdout, report.String())
	if len(report.Failures) > 0 {
		return 1
	}
	return 0
}
