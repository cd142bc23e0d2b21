# shellcheck shell=bash
# Steps run side by side, in lanes. Each has a process group of its own, a log and
# a time limit, and is skipped if its stamp says that nothing has changed since.

state=$root/.lab
scratch=$state/tmp.$$ # what a step builds before it is renamed into its place

# The plan: one array per field, as bash 3.2 has no others. A step's number is
# its index. Its state is waiting, running or done.
planned=0
step_lane=() step_name=() step_title=() step_limit=() step_function=() step_then=() step_inputs=()
step_state=() step_group=() step_watchdog=() step_began=()

# begin makes the state folder and cleans up after runs that were killed.
begin() {
	local name
	(umask 077 && mkdir -p "$state") 2>/dev/null || die_of_writing "$root"
	make_state
	(: >"$state/writable.$$") 2>/dev/null || die_of_writing "$state"
	rm -f "$state/writable.$$"
	[ -w "$root" ] || die_of_writing "$root"
	take_lock
	trap finish EXIT
	trap 'interrupted 130' INT
	trap 'interrupted 143' TERM
	trap 'interrupted 129' HUP
	# A test runs without the lock, so another install.sh may have its scratch here.
	for name in "$state"/tmp.*; do
		[ "$name" != "$scratch" ] && alive "${name##*.}" || rm -rf "$name" 2>/dev/null || true
	done
	mkdir "$scratch" 2>/dev/null || die_of_writing "$state"
}

# make_state makes the folders of the state.
make_state() {
	local dir
	for dir in log stamps config cache jupyter/config jupyter/data jupyter/runtime \
		jupyter/settings jupyter/workspaces; do
		mkdir -p "$state/$dir" 2>/dev/null || die_of_writing "$state"
	done
	chmod 700 "$state/jupyter/runtime" 2>/dev/null || die_of_writing "$state"
}

# finish leaves nothing behind: no process, no scratch, no lock.
finish() {
	stop_steps
	rm -rf "$scratch" 2>/dev/null || true
	release_lock
}

# release is finish for an install.sh that becomes another program.
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

# stop_steps ends the steps that are running, all at once.
stop_steps() {
	local i groups=''
	for ((i = 0; i < planned; i++)); do
		[ "${step_state[i]}" = running ] || continue
		step_state[i]=done
		stop_watchdog "$i"
		groups="$groups ${step_group[i]}"
	done
	# shellcheck disable=SC2086 # one word per group
	[ -z "$groups" ] || end_groups $groups
}

# end_groups PID… ends process groups, by force after five seconds.
end_groups() {
	local i group left
	for group in "$@"; do
		kill -TERM -- "-$group" 2>/dev/null || true
	done
	for ((i = 0; i < 50; i++)); do
		left=
		for group in "$@"; do
			! kill -0 -- "-$group" 2>/dev/null || left=yes
		done
		[ -n "$left" ] || return 0
		sleep 0.1
	done
	for group in "$@"; do
		kill -KILL -- "-$group" 2>/dev/null || true
	done
}

# stop_watchdog STEP
stop_watchdog() {
	# Not TERM: before it has dropped the traps of install.sh it would run them.
	kill -KILL -- "-${step_watchdog[$1]}" 2>/dev/null || true
	wait "${step_watchdog[$1]}" 2>/dev/null || true
}

# plan LANE NAME TITLE LIMIT FUNCTION THEN adds a step to the plan. The steps of a
# lane run one after another, those of different lanes side by side. FUNCTION's
# output goes to $state/log/NAME.log. LIMIT is in seconds. After the step THEN is
# called, with $number, $name, $title, $log, $status and $took set.
plan() {
	step_lane[planned]=$1
	step_name[planned]=$2
	step_title[planned]=$3
	step_limit[planned]=$4
	step_function[planned]=$5
	step_then[planned]=$6
	step_inputs[planned]=
	step_state[planned]=waiting
	planned=$((planned + 1))
}

# step LANE NAME TITLE INPUTS FUNCTION plans a function unless it has already
# succeeded with the same INPUTS. Where it fails, install.sh ends.
step() {
	if current "$2" "$4"; then
		return 0
	fi
	plan "$1" "$2" "$3" 3600 "$5" stamp_or_explain
	step_inputs[planned - 1]=$4
	rm -f "$state/stamps/$2" 2>/dev/null || die_of_writing "$state/stamps/$2"
}

stamp_or_explain() {
	[ "$status" -eq 0 ] || explain "$log" "$title"
	stamp "$name" "${step_inputs[number]}" || die_of_writing "$state/stamps/$name"
}

# run_plan runs all steps of the plan, which is empty afterwards.
run_plan() {
	local left=$planned number name title log status took finished
	[ "$planned" -gt 0 ] || return 0
	# Each step writes its number there when it ends.
	{ rm -f "$scratch/ends" && mkfifo "$scratch/ends"; } 2>/dev/null || die_of_writing "$scratch"
	exec 5<>"$scratch/ends"
	while [ "$left" -gt 0 ]; do
		start_lanes
		show_running
		# The end of a step that was killed is seen within the second.
		read -r -t 1 finished <&5 || finished=
		for ((number = 0; number < planned; number++)); do
			[ "${step_state[number]}" = running ] || continue
			[ "$finished" = "$number" ] || ! kill -0 "${step_group[number]}" 2>/dev/null || continue
			left=$((left - 1))
			settle
		done
	done
	exec 5>&-
	planned=0
}

# start_lanes starts the first waiting step of each lane in which none is running.
start_lanes() {
	local i busy=' '
	for ((i = 0; i < planned; i++)); do
		[ "${step_state[i]}" != running ] || busy="$busy${step_lane[i]} "
	done
	for ((i = 0; i < planned; i++)); do
		[ "${step_state[i]}" = waiting ] || continue
		case $busy in
		*" ${step_lane[i]} "*) ;;
		*)
			busy="$busy${step_lane[i]} "
			start "$i"
			;;
		esac
	done
}

# start STEP
start() {
	local number=$1 limit=${step_limit[$1]} began=$SECONDS
	local log=$state/log/${step_name[$1]}.log
	(: >"$log") 2>/dev/null || die_of_writing "$log"
	rm -f "$scratch/quiet.$number"
	set -m # process groups of their own, that can be ended as a whole
	(
		set +m
		trap - EXIT INT TERM HUP
		trap 'echo "$number" >&6' EXIT
		lock_owned=
		set -e
		"${step_function[number]}"
	) </dev/null >"$log" 2>&1 3>&1 6>&5 5>&- &
	step_group[number]=$!
	(
		set +m
		trap - EXIT INT TERM HUP
		# Ends the step also where install.sh itself was killed.
		while kill -0 $$ 2>/dev/null && [ $((SECONDS - began)) -lt "$limit" ]; do
			sleep 1
		done
		echo "ended: it took longer than $limit seconds, or install.sh was killed" >>"$log"
		end_groups "${step_group[number]}"
	) </dev/null >/dev/null 2>&1 3>&- 5>&- &
	step_watchdog[number]=$!
	set +m
	step_began[number]=$began
	step_state[number]=running
}

# settle reports the end of the running step $number.
settle() {
	status=0
	wait "${step_group[number]}" 2>/dev/null || status=$?
	step_state[number]=done
	stop_watchdog "$number"
	name=${step_name[number]} title=${step_title[number]} log=$state/log/${step_name[number]}.log
	took=$((SECONDS - step_began[number]))
	if [ "$status" -ne 0 ]; then
		progress "$title ... $(paint 31 "failed") after $(duration "$took")"
	elif [ ! -e "$scratch/quiet.$number" ]; then
		progress "$title ... $(duration "$took")"
	fi
	"${step_then[number]}"
}

# quiet is for a step that found nothing to do: it gets no line.
quiet() {
	: >"$scratch/quiet.$number"
}

# progress LINE
progress() {
	! on_terminal || printf '\r\033[K' >&3
	printf '  %s\n' "$1" >&3
}

# show_running shows on a terminal which steps are running and for how long.
show_running() {
	local i line=''
	on_terminal || return 0
	for ((i = 0; i < planned; i++)); do
		[ "${step_state[i]}" = running ] || continue
		line="$line${line:+, }${step_title[i]%% (*} $(duration $((SECONDS - step_began[i])))"
	done
	printf '\r\033[K  %s' "${line:0:76}" >&3 # one line: a longer one would scroll
}

current() {
	[ -f "$state/stamps/$1" ] && [ "$(cat "$state/stamps/$1")" = "$2" ]
}

stamp() {
	{ printf '%s\n' "$2" >"$scratch/stamp.$1"; } 2>/dev/null && mv -f "$scratch/stamp.$1" "$state/stamps/$1"
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
