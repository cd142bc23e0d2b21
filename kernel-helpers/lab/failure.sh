# shellcheck shell=bash
# Explains in one line why a step failed, with the remedy. The reason is found in the
# step's log.

again="then run the same command again, it goes on from here"

# explain LOG STEP prints that line and exits.
explain() {
	local log=$1 step=$2 last
	if grep -qiE 'no space left on device|errno 28|disk quota exceeded' "$log" 2>/dev/null || full_disk >/dev/null; then
		die_of_full_disk "$log"
	fi
	if grep -qE 'DO NOT MATCH THE HASHES|checksum mismatch|SECURITY ERROR' "$log"; then
		die "$step: a downloaded package is not the one that the lock file names: empty the cache (pip cache purge, go clean -modcache) or use another mirror, $again; details: $log"
	fi
	if grep -qiE 'connection refused|connection reset|no such host|name resolution|network is unreachable|no route to host|i/o timeout|timed out|timeout exceeded|max retries exceeded|NewConnectionError|ProxyError|SSLError|tls: |x509: |proxyconnect|server misbehaving|unexpected EOF|IncompleteRead|GOPROXY=off|(403|407|429|500|502|503|504) [A-Z]' "$log"; then
		die "$step: the registry of packages cannot be reached: check the network, or name a mirror in PIP_INDEX_URL (Python) or GOPROXY (Go), $again; details: $log"
	fi
	if grep -qiE 'permission denied|read-only file system|operation not permitted' "$log"; then
		last=$(grep -iE 'permission denied|read-only file system|operation not permitted' "$log" | tail -n 1)
		die "$step: not allowed to write ($last): make it yours (chown), $again; details: $log"
	fi
	last=$(grep -v '^[[:space:]]*$' "$log" | tail -n 1 || true)
	die "$step failed (${last:-no output}): fix that, $again; details: $log"
}

# die_of_writing PATH says why PATH could not be written, and exits.
die_of_writing() {
	if full_disk >/dev/null; then
		die_of_full_disk ''
	fi
	die "$1 cannot be written: make the checkout yours (chown) or clone it where you may write, then run the same command again"
}

die_of_full_disk() {
	local where
	where=$(full_disk || printf 'the disk of %s' "$root")
	die "disk full: $where: free some space (a fresh installation takes about 2 GB), $again${1:+; details: $1}"
}

# full_disk prints which of the folders that install.sh writes to is full. It fails
# if none is.
full_disk() {
	local folder free
	for folder in "$root" "${TMPDIR:-/tmp}" "${go_cache:-}" "${go_modules:-}" "${HOME:-}"; do
		[ -d "$folder" ] || continue
		free=$(df -Pk "$folder" 2>/dev/null | awk 'NR == 2 { print $4 }')
		case $free in
		'' | *[!0-9]*) continue ;;
		esac
		if [ "$free" -lt 8192 ]; then
			printf '%s has %d MB left' "$folder" $((free / 1024))
			return 0
		fi
	done
	return 1
}
