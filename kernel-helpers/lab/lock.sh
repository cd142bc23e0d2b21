# shellcheck shell=bash
# One install.sh at a time changes a checkout. The lock is a symbolic link whose target
# is the owner's process ID, so that one atomic step makes it and names its owner.

lock=$root/.lab/lock
lock_owned=

# alive PID succeeds while that process exists, even if another user owns it.
alive() {
	kill -0 "$1" 2>/dev/null || { [ -d /proc/self ] && [ -d "/proc/$1" ]; } ||
		ps -p "$1" >/dev/null 2>&1
}

take_lock() {
	local owner told=
	while ! ln -s "$$" "$lock" 2>/dev/null; do
		owner=$(readlink "$lock" || true)
		if [ -z "$owner" ]; then
			[ -d "$root/.lab" ] || die "$root/.lab went away while install.sh ran: run the same command again"
			[ ! -e "$lock" ] || die "$lock is in the way: remove it and run the same command again"
			# Either its owner has just let go, or links can't be made here.
			if ln -s "$$" "$lock.try.$$" 2>/dev/null; then
				rm -f "$lock.try.$$"
				continue
			fi
			die_of_writing "$root/.lab"
		fi
		if ! alive "$owner"; then
			break_lock "$owner"
			continue
		fi
		if [ -z "$told" ]; then
			say "Another install.sh (process $owner) is changing this checkout: waiting for it. If that is not so, remove $lock"
			told=yes
		fi
		sleep 0.2
	done
	lock_owned=yes
}

# break_lock OWNER removes the lock of a dead owner. If several wait, one at a time
# looks again and removes it, so that none removes a new lock.
break_lock() {
	if ! mkdir "$lock.break" 2>/dev/null; then
		sleep 0.2
		[ -z "$(find "$lock.break" -prune -mmin +1 2>/dev/null)" ] || rmdir "$lock.break" 2>/dev/null || true
		return 0
	fi
	if [ "$(readlink "$lock" || true)" = "$1" ]; then
		sleep 2 # what a killed install.sh was running ends within this time
		rm -f "$lock"
	fi
	rmdir "$lock.break"
}

release_lock() {
	[ -n "$lock_owned" ] || return 0
	lock_owned=
	rm -f "$lock"
}
