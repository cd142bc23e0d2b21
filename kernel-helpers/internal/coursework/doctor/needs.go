package doctor

import (
	"context"
	"slices"
)

// needs are what verbs need, and how to find out whether it is there.
var needs = []struct {
	Need
	check func(ctx context.Context, dir string) (detail string, err error)
}{
	{Need{Name: "Go", Verbs: []string{"check", "grade", "handout", "release", "verify"},
		Remedy: "install Go 1.26 or newer from https://go.dev/dl/, and put its bin on the PATH"}, checkGo},
	{Need{Name: "Go modules", Verbs: []string{"check", "grade", "release", "verify"},
		Remedy: "run `./install.sh prepare`, or `go mod download`, with access to the Go module proxy"}, checkModules},
	{Need{Name: "race detector", Verbs: []string{"grade", "verify"}, Partly: []string{"check", "release"}, Without: "tests run without the race detector",
		Remedy: "install gcc (Debian and Ubuntu: apt-get install gcc libc6-dev)"}, checkRace},
	{Need{Name: "sandbox", Verbs: []string{"grade", "verify"},
		Remedy: "on Linux, install bubblewrap (Debian and Ubuntu: apt-get install bubblewrap) and allow unprivileged user namespaces (in a container: --security-opt seccomp=unconfined); or use --unsafe-no-sandbox on a machine that holds nothing else"}, checkSandbox},
	{Need{Name: "nbgrader", Verbs: []string{"release"}, Partly: []string{"export", "feedback", "grade", "roster"}, Without: "what a person grades is left out, and nbgrader's gradebook as it is",
		Remedy: "run `./install.sh prepare`, which installs it into .venv"}, checkNbgrader},
	{Need{Name: "git", Verbs: []string{"handout"}, Remedy: "install git (Debian and Ubuntu: apt-get install git)"}, checkGit},
}

// Examine finds out what there is, for the checkout in dir. Verbs that no Need names
// need nothing.
func Examine(ctx context.Context, dir string) (list []Need) {
	for _, one := range needs {
		n := one.Need
		n.Verbs, n.Partly = slices.Clone(n.Verbs), slices.Clone(n.Partly)
		detail, err := one.check(ctx, dir)
		n.Found, n.Detail = err == nil, detail
		if err != nil {
			n.Detail = err.Error()
		} else {
			n.Remedy, n.Without = "", ""
		}
		list = append(list, n)
	}
	return list
}
