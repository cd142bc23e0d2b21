# shellcheck shell=bash
# Prepares the checkout: programs, a warm build cache, and JupyterLab.
#
# The programs of this checkout are built each time. Go's build cache knows what has
# changed, embedded files and imported packages included, and needs a second if
# nothing has. Steps whose inputs all come from a registry have a stamp. The stamp of
# the venv also holds the checkout's path, because files in the venv contain it.
#
# There are three lanes. Two of them compile, as each build ends with a link that
# keeps one core busy. No two steps that run side by side compile the same: the
# race detector has a standard library of its own, and gopls comes last.

gopls=golang.org/x/tools/gopls@v0.23.0 # the newest that Go 1.26 builds
delve=github.com/go-delve/delve/cmd/dlv@v1.27.2
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

# prepare runs the command prepare.
prepare() {
	while [ $# -gt 0 ]; do
		case $1 in
		--shared) for_all=yes ;;
		*) wrong_usage "prepare: unknown argument $1" ;;
		esac
		shift
	done
	if [ -n "$for_all" ]; then
		! is_foreign || die "prepare --shared: $root belongs to another user, who has to run it"
	fi
	prepare_all
	if [ -n "$for_all" ]; then
		say "All is in place for all users: $root/install.sh lab opens it for each"
	else
		say "All is in place: ./install.sh lab opens it"
	fi
}

# prepare_all makes everything that lab, test and bench need.
prepare_all() {
	usable_path
	if is_foreign; then
		use_prepared
		return
	fi
	[ ! -e "$shared/id" ] || for_all=yes # once for all, always for all
	[ -z "$for_all" ] || umask 022
	begin
	find_go
	find_python
	[ -z "$for_all" ] || check_place
	plan_venv
	plan_programs
	run_plan
	configure_venv
	[ -z "$for_all" ] || make_seeds
	make_kernelspec
	[ -z "$for_all" ] || open_installation
}

# usable_path refuses the paths that can't work.
usable_path() {
	case $root in
	*,*) die "the path $root holds a comma, at which GoNB would cut it in two: move the checkout to a path without one" ;;
	*:*) die "the path $root holds a colon, at which PATH would cut it in two: move the checkout to a path without one" ;;
	*\"* | *\\* | *\`* | *\$* | *$'\n'*) die "the path $root holds a quote, backslash, dollar sign or line end, which Go's workspace files or Jupyter misread: move the checkout to a path without one" ;;
	esac
}

# plan_venv plans the venv. Every program in a venv contains its path, so it cannot be
# made elsewhere and renamed. Its stamp says that it is complete.
plan_venv() {
	local inputs
	inputs=$(
		printf '%s\n' "$root" "$python" "$python_version"
		digest kernel-helpers/lab/requirements.txt
	)
	restore_venv || die_of_writing "$root" # after a run that was killed
	[ -x "$root/.venv/bin/python" ] || rm -f "$state/stamps/venv" 2>/dev/null || die_of_writing "$state/stamps"
	step python venv "JupyterLab and nbgrader (.venv)" "$inputs" build_venv
}

configure_venv() {
	put "$root/.venv/share/jupyter/lab/settings/overrides.json" <"$parts/overrides.json"
	put "$root/.venv/etc/jupyter/jupyter_config.py" <"$parts/jupyter_config.py"
	make_nbgrader
	make_frontends
	make_roles
}

# make_frontends registers the package that exports notebooks as programs, as pip would
# with frontends/pyproject.toml. Nothing has to be built or downloaded for it.
make_frontends() {
	local packages info
	for packages in "$root"/.venv/lib/python3*/site-packages; do
		[ -d "$packages" ] || continue
		printf '%s\n' "$parts/frontends" | put "$packages/speedup_jupyter.pth"
		info=$packages/speedup_jupyter-1.0.dist-info
		put "$info/entry_points.txt" <"$parts/frontends/entry_points.txt"
		printf 'Metadata-Version: 2.1\nName: speedup-jupyter\nVersion: 1.0\nLicense-Expression: MIT\n' | put "$info/METADATA"
	done
}

# make_roles leaves nbgrader's tools for teachers out of the front end where students
# use it: in an installation for many users, and in a checkout without solutions.
make_roles() {
	local role=students file
	[ -n "$for_all" ] || [ ! -d "$root/notebooks/coursework/source" ] || role=staff
	# Jupyter reads the second one after nbgrader.json, which turns all tools on.
	for file in labconfig/page_config.json jupyter_server_config.d/speedup.json; do
		put "$root/.venv/etc/jupyter/$file" <"$parts/hub/$role/$file"
	done
}

# make_nbgrader lets nbgrader find its settings and the classes of our grader that they
# name, and makes the folders that nbgrader expects.
make_nbgrader() {
	local packages
	put "$root/.venv/etc/jupyter/nbgrader_config.py" <"$parts/nbgrader_config.py"
	for packages in "$root"/.venv/lib/python3*/site-packages; do
		[ -d "$packages" ] || continue # the pattern itself, where none fits
		printf '%s\n' "$root/kernel-helpers/internal/coursework/nbgrader" | put "$packages/speedup.pth"
	done
	[ -z "$for_all" ] || return 0 # those of a class are outside the checkout
	{
		mkdir -p "$root/notebooks/homework" "$state/nbgrader/exchange" "$state/nbgrader/cache" &&
			chmod 777 "$state/nbgrader/exchange" # else nbgrader says so at each release; .lab itself is the owner's
	} 2>/dev/null || die_of_writing "$state/nbgrader"
}

# build_venv makes the venv anew. The old one stays aside, and comes back if the new
# one cannot be completed: without a network it would be lost.
build_venv() {
	local old=$state/venv.old
	if [ -e "$root/.venv" ] || [ -L "$root/.venv" ]; then
		rm -rf "$old" && mv "$root/.venv" "$old" || return 1
	fi
	if fill_venv; then
		rm -rf "$old"
		return 0
	fi
	restore_venv
	return 1
}

fill_venv() {
	in_python "$python" -m venv "$root/.venv" || return 1
	install_locked requirements.txt
}

# restore_venv puts back the venv that build_venv laid aside, if it did.
restore_venv() {
	[ -e "$state/venv.old" ] || [ -L "$state/venv.old" ] || return 0
	rm -rf "$root/.venv" && mv "$state/venv.old" "$root/.venv"
}

venv_python() {
	in_python "$root/.venv/bin/python" "$@"
}

# pip_install FILE [OPTION…] installs the packages of a lock file into the venv.
pip_install() {
	local file=$1
	shift
	venv_python -m pip install --disable-pip-version-check --no-input \
		--progress-bar off --retries 2 --timeout 20 "$@" \
		--require-hashes -r "$parts/$file"
}

# make_bench_peers adds the Python packages that only bench needs. They are a third as
# large as all others together. Without them bench leaves their side out.
make_bench_peers() {
	local inputs
	inputs=$(
		printf '%s\n' "$root" "$python" "$python_version"
		digest kernel-helpers/lab/requirements.txt kernel-helpers/lab/requirements-bench.txt
	)
	ls -d "$root"/.venv/lib/python*/site-packages/numpy >/dev/null 2>&1 || rm -f "$state/stamps/bench-peers" 2>/dev/null || die_of_writing "$state/stamps"
	if current bench-peers "$inputs"; then
		return 0
	fi
	plan python bench-peers "numpy, for bench (.venv)" 600 install_bench_peers stamp_or_leave_out
	step_inputs[planned - 1]=$inputs
	run_plan
}

install_bench_peers() {
	pip_install requirements-bench.txt --only-binary :all:
}

stamp_or_leave_out() {
	if [ "$status" -eq 0 ]; then
		stamp "$name" "${step_inputs[number]}" || die_of_writing "$state/stamps/$name"
	else
		say "  bench leaves numpy's side out: it could not be installed ($log)"
	fi
}

plan_programs() {
	plan go-1 cells "build cache for cells" 3600 build_like_cells complete_or_slower
	if have_race; then
		plan go-2 cells-race "build cache for cells with -race" 3600 build_like_cells_with_race complete_or_slower
	else
		say "  Cells with %goflags -race need a C compiler (gcc or clang): install one to use them"
	fi
	plan go-2 cells-leaks "build cache for the leak profile" 3600 build_like_leak_cell complete_or_slower
	plan go-1 own "our commands and goimports (bin)" 3600 build_own or_explain
	plan go-1 gonb "GoNB with our patches (bin)" 3600 build_gonb or_explain
	[ -x "$root/bin/gopls" ] || rm -f "$state/stamps/gopls" 2>/dev/null || die_of_writing "$state/stamps"
	step go-2 gopls "gopls (bin)" "$gopls $go_version $go_root $go_os $go_flags" build_gopls
	[ -n "$for_all" ] || plan go-2 gopls-cache "gopls' cache" 600 warm_own_gopls warm_or_slower
	[ -x "$root/bin/dlv" ] || rm -f "$state/stamps/delve" 2>/dev/null || die_of_writing "$state/stamps"
	step go-2 delve "Delve, the debugger (bin)" "$delve $go_version $go_root $go_os $go_flags" build_delve
}

or_explain() {
	[ "$status" -eq 0 ] || explain "$log" "$title"
}

build_own() {
	build_into_bin "$(cd "$root/kernel-helpers/cmd" && ls) goimports" \
		build_all golang.org/x/tools/cmd/goimports ./kernel-helpers/cmd/...
}

build_all() {
	in_go go build -buildvcs=false -o "$made/" "$@"
}

# build_gonb builds the GoNB that go.mod pins, with the patches for its faults.
build_gonb() {
	build_into_bin gonb build_patched
}

build_patched() {
	in_go go run ./kernel-helpers/cmd/gonb-build -folder "$state/gonb" -o "$made/gonb"
}

# build_gopls omits debug information, which takes longer to write than to link.
build_gopls() {
	build_into_bin '' install_program "$gopls" "-ldflags=-s -w"
}

# warm_own_gopls fills gopls' cache, unless that has been done for these versions.
warm_own_gopls() {
	warm_gopls gopls-cache "$state/cache/gopls" in_go
}

build_delve() {
	build_into_bin '' install_program "$delve" "-ldflags=-s -w"
}

install_program() {
	local program=$1
	shift
	GOBIN=$made in_go go install -buildvcs=false "$@" "$program"
}

# build_into_bin NAMES COMMAND… runs a command that builds programs in the folder
# $made, then renames them into bin/. So a running program keeps its old file, and an
# interrupted build leaves no half-written one. The folder starts with the old
# programs, because Go leaves alone those that are up to date.
build_into_bin() {
	local made=$scratch/bin.$number name changed=
	mkdir -p "$made" "$root/bin" || return 1
	for name in $1; do
		[ -x "$root/bin/$name" ] || continue
		ln "$root/bin/$name" "$made/" || cp -p "$root/bin/$name" "$made/" || return 1
	done
	shift
	"$@" || return 1
	for name in "$made"/*; do
		[ -e "$name" ] || continue
		if [ ! "$name" -ef "$root/bin/${name##*/}" ]; then
			mv -f "$name" "$root/bin/" || return 1
			changed=yes
		fi
	done
	[ -n "$changed" ] || quiet
}

# compile_like_cells RUN [FLAG] compiles what cells import, as they do, so that the first
# cell that a reader runs need not. With -v Go names what it compiles. RUN is in_go or
# in_shared.
compile_like_cells() {
	local run=$1
	shift
	# shellcheck disable=SC2046 # one word per package
	"$run" go build -v -buildvcs=false "$@" $(cell_packages) || return 1
	[ -s "$log" ] || quiet
}

# compile_like_leak_cell RUN compiles for the cell of notebook 05 that uses Go's
# experimental profile of leaked goroutines. The runtime is another one there.
compile_like_leak_cell() {
	"$1" env GOEXPERIMENT=goroutineleakprofile go build -v -buildvcs=false fmt io log runtime/pprof time || return 1
	[ -s "$log" ] || quiet
}

build_like_cells() {
	compile_like_cells in_go
}

build_like_cells_with_race() {
	compile_like_cells in_go -race
}

build_like_leak_cell() {
	compile_like_leak_cell in_go
}

complete_or_slower() {
	if [ "$status" -eq 0 ]; then
		return 0
	fi
	if grep -qi 'no space left' "$log" || full_disk >/dev/null; then
		die_of_full_disk "$log"
	fi
	say "  The first run of some cells will be slower: not everything that cells import could be compiled ($log)"
}

warm_or_slower() {
	[ "$status" -eq 0 ] || say "  The first completion will be slower: gopls' cache could not be filled ($log)"
}

# cell_side prints the folders, besides workloads/, that cells import.
cell_side() {
	sed -n 's|^\([a-z0-9]\{1,\}\).*|kernel-helpers/\1|p' "$parts/cell-side.txt"
}

# module_path prints the module's path.
module_path() {
	awk '$1 == "module" { gsub(/["`]/, "", $2); print $2; exit }' "$root/go.mod"
}

# cell_packages prints the import path of every package that a notebook names,
# and those of the standard library that goimports adds most often.
cell_packages() {
	local folder module
	module=$(module_path)
	for folder in $(cell_side) $(cd "$root" && ls -d workloads/*/ 2>/dev/null); do
		if ls "$root/$folder"/*.go >/dev/null 2>&1; then
			printf '%s/%s\n' "$module" "${folder%/}"
		fi
	done
	printf '%s\n' bufio bytes cmp context encoding/gob encoding/json errors flag fmt io iter \
		log log/slog maps math math/big math/rand/v2 net net/http net/http/httptest \
		net/http/httptrace net/netip net/url os os/exec os/signal runtime runtime/debug \
		runtime/metrics runtime/pprof runtime/trace slices sort strconv strings sync sync/atomic \
		syscall testing testing/synctest time unicode/utf8 \
		github.com/janpfeifer/gonb/gonbui golang.org/x/sync/errgroup \
		golang.org/x/sync/semaphore golang.org/x/sync/singleflight \
		golang.org/x/sys/unix
}
