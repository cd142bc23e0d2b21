# shellcheck shell=bash
# Finds Go and Python, and the environment in which to run them.

# find_go sets go_version and what `go env` prints, or exits with the remedy.
find_go() {
	local wanted have line
	[ -n "${HOME:-}" ] || die "HOME is not set: Go keeps its caches below it; set it and run the same command again"
	# Go writes its usage counters into the user's configuration folder. Here they
	# stay in the checkout, while the user's own settings (GOENV) still apply.
	go_settings=(
		XDG_CONFIG_HOME="$state/config"
		GOENV="${GOENV:-$(user_folder "${XDG_CONFIG_HOME:-$HOME/.config}")/go/env}"
		GOPLSCACHE="$state/cache/gopls"
		STATICCHECK_CACHE="$state/cache/staticcheck"
		GOTOOLCHAIN=local GOWORK=off GO111MODULE=on
	)
	wanted=$(awk '$1 == "go" { print $2; exit }' "$root/go.mod")
	wanted=${wanted%.0}
	command -v go >/dev/null 2>&1 ||
		die "Go is missing: install Go $wanted or newer (https://go.dev/dl/) so that \`go version\` works, then run the same command again"
	line=$(cd / && env "${go_settings[@]}" go version 2>&1) ||
		die "Go does not run ($(command -v go) says: $(one_line "$line")): install Go $wanted or newer (https://go.dev/dl/), then run the same command again"
	have=$(printf '%s\n' "$line" | sed -n 's/.*go\([0-9][0-9]*\.[0-9][0-9]*[.0-9]*\).*/\1/p' | head -n 1)
	at_least "$have" "$wanted" ||
		die "Go ${have:-of unknown version} ($(command -v go)) is too old: install Go $wanted or newer (https://go.dev/dl/), then run the same command again"
	go_version=$line
	{
		IFS= read -r go_root
		IFS= read -r go_cache
		IFS= read -r go_modules
		IFS= read -r go_proxy
		IFS= read -r go_flags
		IFS= read -r go_cgo
		IFS= read -r go_os
	} <<-END
		$(in_go go env GOROOT GOCACHE GOMODCACHE GOPROXY GOFLAGS CGO_ENABLED GOOS)
	END
	[ -n "${go_os:-}" ] || die "Go does not work: \`go env\` in $root failed; run it there to see why"
}

# in_go COMMAND… runs a command in the checkout with the settings above.
in_go() {
	(cd "$root" && exec env "${go_settings[@]}" "$@")
}

# user_folder XDG prints where programs keep what is the user's: XDG, but on macOS one
# folder for all.
user_folder() {
	if [ "$(uname -s)" = Darwin ]; then
		printf '%s/Library/Application Support' "$HOME"
	else
		printf '%s' "$1"
	fi
}

# find_python sets python to the best interpreter and python_version to its version.
find_python() {
	local name answer kind version path old='' bare='' private=''
	for name in python3 python3.14 python3.13 python3.12 python3.11 python3.10 python ${for_all:+/usr/local/bin/python3 /usr/bin/python3}; do
		command -v "$name" >/dev/null 2>&1 || continue
		# Take the base interpreter by its real path: an active venv may be the one to
		# rebuild, and names this Python in another way.
		answer=$(in_python "$name" -c 'import os, sys
kind = "good"
if sys.version_info < (3, 10): kind = "old"
else:
    try: import venv, ensurepip
    except ImportError: kind = "bare"
print(kind, "%d.%d.%d" % sys.version_info[:3], os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable))' 2>/dev/null) || continue
		read -r kind version path <<-END
			$answer
		END
		case $kind in
		good)
			# A Python of the owner's home would be unusable for everyone else.
			if [ -n "${for_all-}" ] && ! open_to_all "$path"; then
				private=${private:-"$version ($path): other users cannot enter $closed"}
				continue
			fi
			python=$path
			python_version=$version
			return 0
			;;
		old) old=${old:-"$version ($path)"} ;;
		bare) bare=${bare:-"$version ($path)"} ;;
		esac
	done
	if [ -n "$private" ]; then
		die "prepare --shared: Python $private: install one for all users (Debian and Ubuntu: \`apt-get install python3 python3-venv\`), then run the same command again"
	fi
	if [ -n "$bare" ]; then
		die "Python $bare has no venv (module ensurepip): on Debian and Ubuntu run \`apt-get install python3-venv\`, elsewhere install Python 3.10 or newer as a whole, then run the same command again"
	fi
	if [ -n "$old" ]; then
		die "Python $old is too old: install Python 3.10 or newer with venv (https://www.python.org/downloads/), then run the same command again"
	fi
	die "Python is missing: install Python 3.10 or newer with venv (https://www.python.org/downloads/; Debian and Ubuntu: \`apt-get install python3 python3-venv\`), then run the same command again"
}

# in_python COMMAND… runs a command without the variables that would lead Python or
# pip elsewhere.
in_python() {
	env -u PYTHONHOME -u PYTHONPATH -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT \
		PIP_USER=0 PIP_REQUIRE_VIRTUALENV=0 "$@"
}

# at_least HAVE WANTED compares versions by their first two numbers.
at_least() {
	local have=$1 wanted=$2
	case $have in
	[0-9]*.[0-9]*) ;;
	*) return 1 ;;
	esac
	local rest=${have#*.} least=${wanted#*.}
	[ "${have%%.*}" -gt "${wanted%%.*}" ] ||
		{ [ "${have%%.*}" -eq "${wanted%%.*}" ] && [ "${rest%%.*}" -ge "${least%%.*}" ]; }
}

one_line() {
	printf '%s' "$1" | tr '\n' ' '
}

# have_race succeeds if `go build -race` works. Except on macOS it needs cgo, and so
# a C compiler.
have_race() {
	[ "$go_os" = darwin ] || [ "$go_cgo" = 1 ]
}

# digest FILE… prints a checksum of each file of the checkout.
digest() {
	(cd "$root" && cksum "$@" 2>/dev/null) || true
}
