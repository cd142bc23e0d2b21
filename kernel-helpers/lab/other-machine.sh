#!/usr/bin/env bash
# Runs a command as if on another machine. See --help.
set -euo pipefail

usage() {
	cat <<'HELP'
Runs a command as if on another machine, to see that nothing depends on this one.

usage: kernel-helpers/lab/other-machine.sh CONDITION COMMAND [ARGUMENT ...]

  one-cpu      one processor                      (taskset)
  eight-cpus   GOMAXPROCS=8
  busy         beside two busy loops
  other-cpu    another processor's name           (root, Linux)
  time-zone    TZ=Asia/Kathmandu, 5:45 h east
  c-locale     LC_ALL=C
  german       LC_ALL=de_DE.UTF-8                 (locale must be installed)
  turkish      LC_ALL=tr_TR.UTF-8                 (likewise)
  home         a HOME whose path has spaces, with Go's caches of the present one
  tmpdir       a TMPDIR with a long path that has spaces
  no-ipv6      a network of its own without IPv6  (root, Linux)
  small-shm    64 kB of /dev/shm                  (root, Linux)
  user         an ordinary user, nobody, with a HOME of its own, in a checkout
               that is this user's (root, Linux)

For example: kernel-helpers/lab/other-machine.sh german go test ./...
HELP
}

fail() {
	printf 'other-machine: %s\n' "$2" >&2
	exit "$1"
}

need_locale() {
	locale -a 2>/dev/null | grep -qix "$1.utf-\{0,1\}8" ||
		fail 1 "the locale $1.UTF-8 is missing (Debian and Ubuntu: apt-get install locales-all)"
}

need_root() {
	[ "$(id -u)" -eq 0 ] || fail 1 "$1 needs root"
}

case ${1:-} in
-h | --help)
	usage
	exit 0
	;;
esac
[ $# -ge 2 ] || fail 2 "a condition and a command are missing (see --help)"
condition=$1
shift

scratch=$(mktemp -d)
loops=()
cleanup() {
	[ ${#loops[@]} -eq 0 ] || kill "${loops[@]}" 2>/dev/null || true
	rm -rf "$scratch"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# with_caches runs a command with Go's caches of the present user.
with_caches() {
	GOPATH=$(go env GOPATH) GOCACHE=$(go env GOCACHE) GOMODCACHE=$(go env GOMODCACHE) "$@"
}

case $condition in
one-cpu) taskset -c 0 "$@" ;;
eight-cpus) GOMAXPROCS=8 "$@" ;;
busy)
	for _ in 1 2; do
		(while :; do :; done) &
		loops+=($!)
	done
	"$@"
	;;
other-cpu)
	need_root "$condition"
	sed 's/^model name.*/model name\t: Imaginary(R) CPU @ 9.87GHz, 1.5 GHz turbo./' /proc/cpuinfo >"$scratch/cpuinfo"
	mkdir "$scratch/proc"
	# Linux lets bubblewrap mount a /proc of its own only where one is in full view.
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m -- sh -c 'mount -t proc proc "$0/proc" && mount --bind "$0/cpuinfo" /proc/cpuinfo && exec "$@"' "$scratch" "$@"
	;;
time-zone) TZ=Asia/Kathmandu "$@" ;;
c-locale) LC_ALL=C LANG=C "$@" ;;
german)
	need_locale de_DE
	LC_ALL=de_DE.UTF-8 LANG=de_DE.UTF-8 "$@"
	;;
turkish)
	need_locale tr_TR
	LC_ALL=tr_TR.UTF-8 LANG=tr_TR.UTF-8 "$@"
	;;
home)
	mkdir "$scratch/a home with spaces"
	with_caches env HOME="$scratch/a home with spaces" "$@"
	;;
tmpdir)
	chmod 755 "$scratch" # as /tmp: some tests run programs as another user
	mkdir "$scratch/a long folder for temporary files with spaces"
	TMPDIR="$scratch/a long folder for temporary files with spaces" "$@"
	;;
no-ipv6)
	need_root "$condition"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -n -- sh -c 'ip link set lo up && sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.lo.disable_ipv6=1 && exec "$@"' sh "$@"
	;;
small-shm)
	need_root "$condition"
	# shellcheck disable=SC2016 # expanded by the inner shell
	unshare -m -- sh -c 'mount -t tmpfs -o size=64k tmpfs /dev/shm && exec "$@"' sh "$@"
	;;
user)
	need_root "$condition"
	mkdir "$scratch/home"
	chown -R nobody "$scratch"
	setpriv --reuid nobody --regid "$(id -g nobody)" --clear-groups env HOME="$scratch/home" PATH="$PATH" "$@"
	;;
*) fail 2 "unknown condition $condition (see --help)" ;;
esac
