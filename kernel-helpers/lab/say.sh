# shellcheck shell=bash
# Messages to the user. Progress goes to file descriptor 3, so that a command can
# keep standard output for its result.

exec 3>&2

# on_terminal succeeds if progress may move and be coloured.
on_terminal() {
	[ -t 3 ] && [ "${TERM:-dumb}" != dumb ]
}

# paint CODE TEXT prints TEXT, coloured on a terminal.
paint() {
	if on_terminal && [ -z "${NO_COLOR:-}" ]; then
		printf '\033[%sm%s\033[0m' "$1" "$2"
	else
		printf '%s' "$2"
	fi
}

# say LINE reports something besides the steps.
say() {
	printf '%s\n' "$*" >&3
}

# die LINE exits with status 1. LINE says what failed and how to fix it.
die() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}

# wrong_usage LINE exits with status 2.
wrong_usage() {
	printf 'install.sh: %s; see ./install.sh --help\n' "$*" >&2
	exit 2
}

# duration SECONDS prints a duration, with minutes if it is long.
duration() {
	if [ "$1" -lt 100 ]; then
		printf '%d s' "$1"
	else
		printf '%d min %02d s' $(($1 / 60)) $(($1 % 60))
	fi
}
