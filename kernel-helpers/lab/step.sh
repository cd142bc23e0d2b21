# shellcheck shell=bash
# Steps: each runs in a process group of its own, with a log and a time limit,
# and is skipped where its stamp says that nothing has changed since.

state=$root/.lab
scratch=$state/tmp.$$ # what a step builds before it is renamed into its place
running=              # the process group of the running step
watchdog=             # the process group that ends it after its time limit
ticker=               # the process that shows its seconds

# begin makes the state folder and cleans up after runs that were killed.
begin() {
	local name dir
	(umask 077 && mkdir -p "$state") 2>/dev/null || die_of_writing "$root"
	for dir in log stamps config cache jupyter/config jupyter/data jupyter/runtime \
		jupyter/settings jupyter/workspaces; do
		mkdir -p "$state/$dir" 2>/dev/null || die_of_writing "$state"
	done
	chmod 700 "$state/jupyter/runtime" 2>/dev/null || die_of_writing "$state"
	(: >"$state/writable.$$") 2>/dev/null || die_of_writing "$state"
	rm -f "$state/writable.$$"
	[ -w "$root" ] || die_of_writing "$root"
	take_lock
	trap finish EXIT
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	trap 'interrupted 129' HUP
	for name in "$state"/tmp.*; do
		[ ! -e "$name" ] || rm -rf "$name" 2>/dev/null || true
	done
	mkdir "$scratch" 2>/dev/null || die_of_writing "$state"
}

# finish leaves nothing behind: no process, no scratch, no lock.
finish() {
	stop_ticker
	stop_running
	stop_watchdog
	if [ -n "$lock_owned" ]; then
		rm -rf "$scratch" 2>/dev/null || true
		release_lock
	fi
}

# release is finish where install.sh goes on as another program.
release() {
	finish
	trap - EXIT INT TERM HUP
}

interrupted() {
	trap '' INT TERM HUP
	finish
	trap - EXIT
	printf '\ninstall.sh: interrupted; the same command goes on from here\n' >&2
	exit "$1"
}

stop_running() {
	[ -n "$running" ] || return 0
	end_group "$running"
	running=
}

# end_group PID ends a process group, by force after five seconds.
end_group() {
	local i
	kill -TERM -- "-$1" 2>/dev/null || return 0
	for ((i = 0; i < 50; i++)); do
		kill -0 -- "-$1" 2>/dev/null || return 0
		sleep 0.1
	done
	kill -KILL -- "-$1" 2>/dev/null || true
}

stop_watchdog() {
	[ -n "$watchdog" ] || return 0
	# Not TERM: before it has dropped the traps of install.sh it would run them.
	kill -KILL -- "-$watchdog" 2>/dev/null || true
	wait "$watchdog" 2>/dev/null || true
	watchdog=
}

# start_ticker TITLE shows the running seconds on a terminal.
start_ticker() {
	on_terminal || return 0
	(
		trap - EXIT
		trap '' INT
		started=$SECONDS
		while sleep 1 && kill -0 $$ 2>/dev/null; do
			printf '\r  %s ... %s' "$1" "$(duration $((SECONDS - started)))" >&3
		done
	) </dev/null 2>/dev/null &
	ticker=$!
}

stop_ticker() {
	[ -n "$ticker" ] || return 0
	kill -KILL "$ticker" 2>/dev/null || true # see stop_watchdog
	wait "$ticker" 2>/dev/null || true
	ticker=
}

# run NAME TITLE LIMIT COMMAND… runs a command and tells how long it took. Its
# output goes to $state/log/NAME.log. LIMIT is in seconds. The status is the
# command's; $took is set.
run() {
	local name=$1 title=$2 limit=$3 status=0 started=$SECONDS
	shift 3
	log=$state/log/$name.log
	(: >"$log") 2>/dev/null || die_of_writing "$log"
	printf '  %s ... ' "$title" >&3
	start_ticker "$title"
	set -m # a process group of its own, that can be ended as a whole
	(
		set +m
		trap - EXIT INT TERM HUP
		lock_owned=
		set -e
		"$@"
	) </dev/null >"$log" 2>&1 &
	running=$!
	(
		set +m
		trap - EXIT INT TERM HUP
		group=$running # as it was when this began
		# Ends the step also where install.sh itself was killed.
		while kill -0 $$ 2>/dev/null && [ $((SECONDS - started)) -lt "$limit" ]; do
			sleep 1
		done
		echo "ended: it took longer than $limit seconds, or install.sh was killed" >>"$log"
		end_group "$group"
	) </dev/null >/dev/null 2>&1 3>&- &
	watchdog=$!
	set +m
	wait "$running" 2>/dev/null || status=$?
	running=
	stop_watchdog
	stop_ticker
	took=$((SECONDS - started))
	if on_terminal; then
		printf '\r  %s ... ' "$title" >&3
	fi
	if [ "$status" -eq 0 ]; then
		printf '%s\n' "$(duration "$took")" >&3
	else
		printf '%s\n' "$(paint 31 "failed") after $(duration "$took")" >&3
	fi
	return "$status"
}

# step NAME TITLE INPUTS COMMAND… runs a command unless it has already
# succeeded with the same INPUTS, and ends install.sh where it fails.
step() {
	local name=$1 title=$2 inputs=$3
	shift 3
	if current "$name" "$inputs"; then
		return 0
	fi
	rm -f "$state/stamps/$name" 2>/dev/null || die_of_writing "$state/stamps/$name"
	run "$name" "$title" 3600 "$@" || explain "$log" "$title"
	stamp "$name" "$inputs" || die_of_writing "$state/stamps/$name"
}

current() {
	[ -f "$state/stamps/$1" ] && [ "$(cat "$state/stamps/$1")" = "$2" ]
}

stamp() {
	{ printf '%s\n' "$2" >"$scratch/stamp"; } 2>/dev/null && mv -f "$scratch/stamp" "$state/stamps/$1"
}

# put FILE replaces FILE by standard input in one go, where they differ.
put() {
	local name
	name=$(basename "$1")
	{ cat >"$scratch/$name"; } 2>/dev/null || die_of_writing "$1"
	if cmp -s "$scratch/$name" "$1"; then
		return 0
	fi
	mkdir -p "$(dirname "$1")" 2>/dev/null || die_of_writing "$1"
	{ cp "$scratch/$name" "$1.new.$$" && mv -f "$1.new.$$" "$1"; } 2>/dev/null || die_of_writing "$1"
}
