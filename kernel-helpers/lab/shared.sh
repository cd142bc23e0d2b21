# shellcheck shell=bash
# One installation for all users of a machine. Its owner runs prepare --shared. Others,
# who cannot write the checkout, use what is prepared, and keep their own state in
# their data folder.

shared=$root/.lab/shared # what users copy from or read, and nobody but the owner writes
for_all=                 # set by prepare --shared

# is_foreign succeeds if this user cannot write the checkout.
is_foreign() {
	[ ! -w "$root" ] || { [ -e "$root/.lab" ] && [ ! -w "$root/.lab" ]; }
}

# use_prepared takes the place of prepare_all in a foreign checkout. It writes to the
# user's data folder only.
use_prepared() {
	[ -r "$shared/id" ] ||
		die "$root belongs to another user, and is not prepared for others: let its owner run \`./install.sh prepare --shared\`, or clone it where you may write"
	[ -n "${HOME:-}" ] || die "HOME is not set: your notebooks and settings are kept below it; set it and run the same command again"
	go_root=$(cat "$shared/goroot")
	state=$(user_folder "${XDG_DATA_HOME:-$HOME/.local/share}")/speedup
	mkdir -p "$state" 2>/dev/null || die "$state cannot be written: make it yours (chown), then run the same command again"
	make_state
}

# deliver_notebooks copies the notebooks into the user's folder and brings those up to
# date that the user has not changed. It sets work to that folder.
deliver_notebooks() {
	work=${SPEEDUP_NOTEBOOKS:-$HOME/speedup}
	"$root/.venv/bin/python" "$parts/deliver.py" "$root/notebooks" "$work" --record "$state/delivered.json" >&3 ||
		die "the notebooks could not be copied to $work: make it yours (chown) or name another folder in SPEEDUP_NOTEBOOKS, then run the same command again"
	mkdir -p "$work/homework" 2>/dev/null || die "$work/homework cannot be written: make it yours (chown), then run the same command again"
}

# check_place exits if other users cannot reach the installation.
check_place() {
	local folder
	for folder in "$root" "$go_root"; do
		open_to_all "$folder" ||
			die "prepare --shared: other users cannot enter $closed, where $folder is: install below a folder that everybody may enter, such as /opt or /usr/local, or run chmod a+x on it"
	done
}

# make_seeds makes what users copy into their caches, and the modules that they read.
make_seeds() {
	mkdir -p "$shared/build" "$shared/mod" "$shared/gopls" 2>/dev/null || die_of_writing "$shared"
	plan go-1 shared-cells "seed of users' build caches" 3600 seed_like_cells complete_or_slower
	run_plan
	if have_race; then
		plan go-1 shared-race "seed of users' build caches with -race" 3600 seed_like_cells_with_race complete_or_slower
	fi
	plan go-1 shared-sums "checksums of the modules" 600 seed_checksums or_online
	plan go-1 shared-leaks "seed for the leak profile" 3600 seed_like_leak_cell complete_or_slower
	plan go-2 shared-gopls "seed of users' gopls caches" 600 seed_gopls warm_or_slower
	run_plan
	printf '%s\n' "$go_root" | put "$shared/goroot"
	shared_kernelspec | put "$shared/kernel.json"
	printf '%s\n' "$(printf '%s %s' "$go_version" "$(digest go.mod go.sum "$root"/bin/* | cksum)" | tr -c A-Za-z0-9. -)" | put "$shared/id"
}

# open_to_all PATH succeeds if everybody may enter each folder above PATH and read
# PATH. Otherwise it sets closed to what is in the way.
open_to_all() {
	local path=$1 mode
	while :; do
		mode=$(ls -ldL "$path")
		case ${mode:0:10} in
		?????????[xts]) ;;
		*)
			closed=$path
			return 1
			;;
		esac
		[ "$path" != / ] || return 0
		path=$(dirname "$path")
	done
}

# open_installation lets everybody read the installation, except for solutions, which
# only the owner and their group may read, and what is the owner's own.
open_installation() {
	local name
	(
		cd "$root" || exit 1
		chmod -R a+rX,go-w .venv bin .lab/shared go.mod go.sum install.sh kernel-helpers workloads || exit 1
		chmod a+rx . .lab || exit 1
		for name in README.md .github notebooks; do
			[ ! -e "$name" ] || chmod -R a+rX,go-w "$name" || exit 1
		done
		for name in .git notebooks/coursework/*; do
			case $name in
			*/coursework.json | */nbgrader_config.py | */release | */'*') ;;
			*) [ ! -e "$name" ] || chmod -R o-rwx "$name" || exit 1 ;;
			esac
		done
		for name in .lab/*; do
			[ "$name" = .lab/shared ] || [ -L "$name" ] || chmod go-rwx "$name" || exit 1
		done
	) || die "prepare --shared: permissions in $root could not be changed: make the checkout yours (chown), then run the same command again"
}

# in_shared COMMAND… runs a command with the caches that users get.
in_shared() {
	in_go env GOCACHE="$shared/build" GOMODCACHE="$shared/mod" GOFLAGS=-modcacherw \
		GOPROXY="file://$(url_path "$go_modules/cache/download")|$go_proxy" "$@"
}

seed_like_cells() {
	compile_like_cells in_shared
}

seed_like_cells_with_race() {
	compile_like_cells in_shared -race
}

seed_like_leak_cell() {
	compile_like_leak_cell in_shared
}

# seed_checksums lets Go look up, in a module as GoNB makes it, the checksums of what
# cells import. It keeps them beside the modules, where users without a network need them.
seed_checksums() {
	local dir=$scratch/sums inputs
	inputs="$go_version $(digest go.mod go.sum)"
	if current shared-sums "$inputs" && [ -d "$shared/mod/cache/download/sumdb" ]; then
		quiet
		return 0
	fi
	mkdir -p "$dir" || return 1
	printf 'module sums\n\ngo %s\n\nreplace %s => "%s"\n' "$(awk '$1 == "go" { print $2; exit }' "$root/go.mod")" "$(module_path)" "$root" >"$dir/go.mod"
	printf 'go %s\n\nuse (\n\t.\n\t"%s"\n)\n' "$(awk '$1 == "go" { print $2; exit }' "$root/go.mod")" "$root" >"$dir/go.work"
	import_cell_packages >"$dir/main.go"
	# shellcheck disable=SC2016 # the other bash expands it
	in_shared env GOWORK="$dir/go.work" bash -c 'cd "$1" && exec go get' bash "$dir" &&
		stamp shared-sums "$inputs"
}

or_online() {
	[ "$status" -eq 0 ] || say "  Users need a network for cells that import modules: the checksums could not be looked up ($log)"
}

# import_cell_packages prints a program that imports what cells import.
import_cell_packages() {
	local package
	printf 'package main\n\nimport (\n'
	for package in $(cell_packages); do
		printf '\t_ "%s"\n' "$package"
	done
	printf ')\n\nfunc main() {}\n'
}

seed_gopls() {
	warm_gopls shared-gopls "$shared/gopls" in_shared
}

# warm_gopls NAME CACHE RUN has gopls look at a program that imports what cells import, so
# that the first completion of a kernel need not wait for that. RUN is in_go or
# in_shared. It does nothing if the stamp NAME says that it has been done.
warm_gopls() {
	local dir=$scratch/gopls.$number inputs
	inputs="$gopls $go_version $2 $(digest go.mod go.sum)"
	if current "$1" "$inputs"; then
		quiet
		return 0
	fi
	mkdir -p "$dir" || return 1
	cp "$root/go.sum" "$dir/go.sum" || return 1
	{
		sed 's|^module .*|module warm|' "$root/go.mod"
		printf 'require %s v0.0.0\nreplace %s => "%s"\n' "$(module_path)" "$(module_path)" "$root"
	} >"$dir/go.mod"
	import_cell_packages >"$dir/main.go"
	# shellcheck disable=SC2016 # the other bash expands it
	"$3" env GOPLSCACHE="$2" GOFLAGS=-mod=mod bash -c 'cd "$1" && exec "$2" check main.go' bash "$dir" "$root/bin/gopls" &&
		stamp "$1" "$inputs"
}
