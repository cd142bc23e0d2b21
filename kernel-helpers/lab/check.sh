# shellcheck shell=bash
# The command test: each check is a step, and a row of the table that ends the run. A
# check that fails does not stop the others.

table=''
passed=0
failed=0
unit_limit=30m # of one package

check() {
	local browser=yes quick='' long='' status=0
	while [ $# -gt 0 ]; do
		case $1 in
		--no-browser) browser= ;;
		--quick) quick=yes ;;
		--long) long=yes ;;
		*) wrong_usage "test: unknown argument $1" ;;
		esac
		shift
	done
	[ -z "$quick" ] || [ -z "$long" ] || wrong_usage "test: --quick and --long exclude each other"
	exec 3>&1
	cd "$root"
	if [ -n "$quick" ]; then
		check_quick
	else
		[ -z "$long" ] || long_tests
		check_all "$browser"
	fi
	printf '\n%s\n%d passed, %d failed\n' "$table" "$passed" "$failed"
	[ "$failed" -eq 0 ]
}

# long_tests lets each long test run to its end: see kernel-helpers/base/longtest.
long_tests() {
	export SPEEDUP_LONG=1
	unit_limit=60m
}

# check_quick needs Go and nothing that install.sh would install.
check_quick() {
	begin
	find_go
	release_lock
	say "Quick checks"
	check_step gofmt gofmt check_gofmt
	check_step go vet check_vet
	check_step go "unit tests with -short" check_units_short
	run_plan
	row "left out" '' "everything else (--quick)"
}

# check_all runs the checks of the code beside those of the course, which wait for
# kernels, and those in a browser, which wait even more. No check depends on how long
# something takes. A notebook runs once: in JupyterLab, or with --no-browser in
# bin/nbrun, which otherwise runs the first one alone. Another third of them runs each
# day, and all with --long.
check_all() {
	local browser=$1 status=0
	say "Installation"
	(prepare_all && make_hub_packages) || status=$? # apart, so that its failure is one step's
	[ "$status" -lt 128 ] || exit "$status" # interrupted
	if [ "$status" -eq 0 ]; then
		count passed installation
	else
		count failed installation
	fi
	begin
	find_go
	release_lock
	jupyter_environment

	say "Checks"
	check_step code gofmt check_gofmt
	check_step code shellcheck check_shellcheck
	check_step code vet check_vet
	check_step code staticcheck check_staticcheck
	check_step code "unit tests with -race" check_units
	check_step course coursework check_coursework
	if [ -n "$browser" ]; then
		check_step course "first notebook and answers with nbrun" check_first_notebook
		check_step browser "notebooks and the rest in a browser" check_browser
	else
		check_step course "notebooks with nbrun" check_notebooks
	fi
	run_plan
	[ -n "$browser" ] || row "left out" '' "browser tests (--no-browser)"
}

# check_step LANE TITLE FUNCTION plans a check.
check_step() {
	plan "$1" "${3#check_}" "$2" 5000 "$3" count_check
}

# count_check adds a check's row to the table, and shows the end of its log if it
# failed.
count_check() {
	if [ "$status" -eq 0 ]; then
		count passed "$title" "$took"
	else
		count failed "$title" "$took"
		tail -n 120 "$log" | sed 's/^/    | /'
		say "    the whole log: $log"
	fi
}

# count passed|failed TITLE [SECONDS] adds a row to the table.
count() {
	if [ "$1" = passed ]; then
		passed=$((passed + 1))
		row "$(paint 32 passed)  " "${3:-}" "$2"
	else
		failed=$((failed + 1))
		row "$(paint 31 failed)  " "${3:-}" "$2"
	fi
}

row() {
	table="$table  $1  $(printf '%12s' "${2:+$(duration "$2")}")  $3
"
}

check_gofmt() {
	local listed
	listed=$(find . -name '.?*' -prune -o -name '*.go' -exec "$go_root/bin/gofmt" -l {} +) || return 1
	[ -z "$listed" ] || {
		printf 'gofmt would change:\n%s\n' "$listed"
		return 1
	}
}

# check_vet and check_staticcheck need the dependencies compiled. With the race detector
# they are those that check_units needs, too. What has the tag !race is left to the
# compiler.
check_vet() {
	local race=''
	[ -n "$quick" ] || ! have_race || race=-race
	in_go go vet ${race:+"$race"} ./... &&
		in_go go vet -tags browser ./kernel-helpers/lab/ &&
		in_go go vet -tags notebooks ./kernel-helpers/lab/
}

check_staticcheck() {
	local flags=$go_flags
	! have_race || flags+=' -race'
	if [ ! -x bin/staticcheck ] || ! current staticcheck "$go_version $staticcheck"; then
		build_into_bin '' install_program "$staticcheck" && stamp staticcheck "$go_version $staticcheck" || return 1
	fi
	in_go env GOFLAGS="$flags" bin/staticcheck ./... &&
		in_go bin/staticcheck -tags browser ./kernel-helpers/lab/ &&
		in_go bin/staticcheck -tags notebooks ./kernel-helpers/lab/
}

check_shellcheck() {
	need shellcheck "ShellCheck" shellcheck &&
		shellcheck -x -a install.sh .ci/run kernel-helpers/lab/other-machine.sh # -a: the parts too, as install.sh sees them
}

# tests runs `go test`. Kernels make a go.work of their own, so the tests start
# without the GOWORK=off that keeps a workspace around the checkout out of builds.
# check_vet has vetted all packages, tests included, so go test need not.
tests() {
	in_go go test -vet=off -exec 'env -u GOWORK' "$@"
}

check_units() {
	if ! have_race; then
		need gcc "a C compiler, which -race needs," gcc libc6-dev || return 1
		go_cgo=1
	fi
	need_sandbox && tests -race -timeout "$unit_limit" ./...
}

check_units_short() {
	tests -short -timeout 5m ./...
}

# need_sandbox: coursework is graded in bubblewrap, on Linux.
need_sandbox() {
	[ "$(uname -s)" != Linux ] || need bwrap bubblewrap bubblewrap
}

# check_coursework runs the tests of the problem sets on the reference solutions, on
# the stubs that students get, and on wrong answers.
check_coursework() {
	need_sandbox && in_go bin/coursework verify --course notebooks/coursework
}

# check_notebooks runs copies of notebooks with bin/nbrun and compares what
# they print with what is committed. So does check_browser with JupyterLab. It also
# runs the answers to the notebooks' tasks.
check_notebooks() {
	tests -tags notebooks -count=1 -timeout 30m -run TestNotebooks ./kernel-helpers/lab/ "$@"
}

check_first_notebook() {
	check_notebooks -args -first
}

check_browser() {
	if [ ! -x "/Applications/Chromium.app/Contents/MacOS/Chromium" ] &&
		[ ! -x "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" ]; then
		need "chromium chromium-browser google-chrome google-chrome-stable chrome" Chromium chromium || {
			echo "or leave these tests out: ./install.sh test --no-browser"
			return 1
		}
	fi
	tests -tags browser -count=1 -timeout 60m ./kernel-helpers/lab/
}

# need COMMANDS NAME PACKAGES… succeeds if one of the commands is installed. As root
# on Debian it installs the packages first; elsewhere it says what to install.
need() {
	local commands=$1 name=$2
	shift 2
	have_one "$commands" && return 0
	if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
		install_packages "$@" || { apt-get update && install_packages "$@"; } || true
	fi
	have_one "$commands" ||
		{
			echo "$name is missing: install it (Debian and Ubuntu: apt-get install $*; macOS: brew install $1), then run the same command again"
			return 1
		}
}

install_packages() {
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@"
}

have_one() {
	local command
	for command in $1; do
		! command -v "$command" >/dev/null 2>&1 || return 0
	done
	return 1
}
