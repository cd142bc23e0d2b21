# shellcheck shell=bash
# What the checkout needs before anything can start: programs, a warm build
# cache, and JupyterLab. A step runs again where one of its inputs has changed;
# the checkout's path is among them, as a venv and a kernelspec hold it.

gopls=golang.org/x/tools/gopls@v0.23.0 # the newest that Go 1.26 builds
cell_side='display timing progress timeline procpool generator eventloop probe' # what cells import of kernel-helpers
staticcheck=honnef.co/go/tools/cmd/staticcheck@v0.8.2

# prepare_all makes everything that lab, test and bench need.
prepare_all() {
	usable_path
	begin
	find_go
	find_python
	make_venv
	make_programs
	make_kernelspec
	warm
}

# usable_path refuses the paths that can't work.
usable_path() {
	case $root in
	*,*) die "the path $root holds a comma, at which GoNB would cut it in two: move the checkout to a path without one" ;;
	*:*) die "the path $root holds a colon, at which PATH would cut it in two: move the checkout to a path without one" ;;
	*\"* | *\\* | *\`* | *\$* | *$'\n'*) die "the path $root holds a quote, backslash, dollar sign or line end, which Go's workspace files or Jupyter misread: move the checkout to a path without one" ;;
	esac
}

# A venv holds its own path in every program, so it is made where it stays: its
# stamp tells that it is whole.
make_venv() {
	local inputs
	inputs=$(
		printf '%s\n' "$root" "$python" "$python_version"
		digest kernel-helpers/lab/requirements.txt
	)
	[ -x "$root/.venv/bin/python" ] || rm -f "$state/stamps/venv" 2>/dev/null || die_of_writing "$state/stamps"
	step venv "JupyterLab and nbgrader (.venv)" "$inputs" build_venv
	put "$root/.venv/share/jupyter/lab/settings/overrides.json" <"$parts/overrides.json"
	make_nbgrader
}

# make_nbgrader lets nbgrader find its settings and our grader's classes, which
# the settings name, and makes the folders that it expects to be there.
make_nbgrader() {
	local packages
	put "$root/.venv/etc/jupyter/nbgrader_config.py" <"$parts/nbgrader_config.py"
	for packages in "$root"/.venv/lib/python3*/site-packages; do
		[ -d "$packages" ] || continue # the pattern itself, where none fits
		printf '%s\n' "$root/kernel-helpers/internal/coursework/nbgrader" | put "$packages/speedup.pth"
	done
	{
		mkdir -p "$root/notebooks/homework" "$state/nbgrader/exchange" "$state/nbgrader/cache" &&
			chmod 777 "$state/nbgrader/exchange" # else nbgrader says so at each release; .lab itself is the owner's
	} 2>/dev/null || die_of_writing "$state/nbgrader"
}

build_venv() {
	if [ -e "$root/.venv" ] || [ -L "$root/.venv" ]; then
		mv "$root/.venv" "$scratch/venv.old" || return 1
	fi
	in_python "$python" -m venv "$root/.venv" &&
		pip_install requirements.txt &&
		rm -rf "$scratch/venv.old"
}

# pip_install FILE [OPTION…] installs what a lock file names into the venv.
pip_install() {
	local file=$1
	shift
	in_python "$root/.venv/bin/python" -m pip install --disable-pip-version-check --no-input \
		--progress-bar off --retries 2 --timeout 20 "$@" \
		--require-hashes -r "$parts/$file"
}

# make_bench_peers adds the Python packages that bench alone needs, which are as
# large as a third of all others. Without them it leaves their sides out.
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
	if run bench-peers "numpy, for bench (.venv)" 600 pip_install requirements-bench.txt --only-binary :all:; then
		stamp bench-peers "$inputs" || die_of_writing "$state/stamps/bench-peers"
	else
		say "  bench leaves numpy's side out: it could not be installed ($log)"
	fi
}

make_programs() {
	local toolchain modules
	toolchain="$go_version $go_root $go_os $go_modules"
	modules=$(digest go.mod go.sum)
	have_programs goimports goimports
	step goimports "goimports (bin)" "$toolchain $modules" build_programs golang.org/x/tools/cmd/goimports
	have_programs gonb gonb
	step gonb "GoNB with our patches (bin)" "$toolchain $modules $(cd "$root" && digest kernel-helpers/internal/gonb/*)" build_gonb
	have_programs gopls gopls
	step gopls "gopls (bin)" "$toolchain $gopls" install_program "$gopls"
	if ls "$root"/kernel-helpers/cmd/*/*.go >/dev/null 2>&1; then
		# shellcheck disable=SC2046 # one word a command
		have_programs own $(cd "$root/kernel-helpers/cmd" && ls)
		step own "our commands (bin)" "$toolchain $modules $(sources kernel-helpers workloads) $(files kernel-helpers/internal/coursework/feedback kernel-helpers/internal/coursework/skeleton)" \
			build_programs ./kernel-helpers/cmd/...
	fi
}

# have_programs STEP NAME… forgets that the step was done where one is missing.
have_programs() {
	local stamp=$1 name
	shift
	for name in "$@"; do
		[ -x "$root/bin/$name" ] || rm -f "$state/stamps/$stamp" 2>/dev/null || die_of_writing "$state/stamps"
	done
}

# build_programs PACKAGES builds beside bin/ and renames: a running program
# keeps its old file, and an interrupted build leaves none that is half.
build_programs() {
	mkdir -p "$scratch/bin" "$root/bin" &&
		in_go go build -buildvcs=false -o "$scratch/bin/" "$@" &&
		mv -f "$scratch"/bin/* "$root/bin/"
}

# build_gonb builds the GoNB that go.mod pins, with the patches for its faults.
build_gonb() {
	mkdir -p "$scratch/bin" "$root/bin" &&
		in_go go run ./kernel-helpers/cmd/gonb-build -folder "$state/gonb" -o "$scratch/bin/gonb" &&
		mv -f "$scratch"/bin/* "$root/bin/"
}

install_program() {
	mkdir -p "$scratch/bin" "$root/bin" &&
		GOBIN=$scratch/bin in_go go install -buildvcs=false "$1" &&
		mv -f "$scratch"/bin/* "$root/bin/"
}

# warm compiles what cells import, as they do, so that the first cell that a
# reader runs need not: plainly and under the race detector.
warm() {
	local inputs race=
	if have_race; then
		race=-race
	else
		say "  Cells with %goflags -race need a C compiler (gcc or clang): install one to use them"
	fi
	# shellcheck disable=SC2046 # one word a folder
	inputs="$go_version $go_root $go_modules $go_cache $race $(digest go.mod go.sum) $(cell_packages) $(sources workloads $(cell_side))"
	if current warm "$inputs"; then
		return 0
	fi
	if run warm "build cache for cells" 3600 build_like_cells "$race"; then
		stamp warm "$inputs" || die_of_writing "$state/stamps/warm"
	elif grep -qi 'no space left' "$log" || full_disk >/dev/null; then
		die_of_full_disk "$log"
	else
		say "  The first run of some cells will be slower: not everything that cells import could be compiled ($log)"
	fi
}

# cell_sources prints a checksum of what cells import of this checkout.
cell_sources() {
	local folder
	sources workloads
	for folder in $cell_side; do
		sources "kernel-helpers/$folder"
	done
}

build_like_cells() {
	mkdir -p "$scratch/warm" || return 1
	{
		printf 'package main\n\nimport (\n'
		for package in $(cell_packages); do
			printf '\t_ "%s"\n' "$package"
		done
		printf ')\n\nfunc main() {}\n'
	} >"$scratch/warm/main.go" &&
		in_go go build -buildvcs=false -ldflags=-w -o "$scratch/warm/plain" "$scratch/warm/main.go" || return 1
	[ -z "$1" ] ||
		in_go go build -buildvcs=false -ldflags=-w -race -o "$scratch/warm/race" "$scratch/warm/main.go"
}

# cell_side prints the folders, besides workloads/, that cells import.
cell_side() {
	local name
	for name in display timing progress timeline procpool generator eventloop probe; do
		[ ! -d "$root/kernel-helpers/$name" ] || printf 'kernel-helpers/%s\n' "$name"
	done
}

# cell_packages prints the import path of every package that a notebook names,
# and those of the standard library that goimports adds most often.
cell_packages() {
	local folder
	for folder in $(cell_side) $(cd "$root" && ls -d workloads/*/ 2>/dev/null); do
		if ls "$root/$folder"/*.go >/dev/null 2>&1; then
			printf 'example.com/speedup/%s\n' "${folder%/}"
		fi
	done
	printf '%s\n' bufio bytes cmp context encoding/json errors flag fmt io iter \
		log log/slog maps math math/big math/rand/v2 net net/http net/http/httptest \
		net/http/httptrace net/url os os/exec os/signal runtime runtime/debug \
		runtime/pprof runtime/trace slices sort strconv strings sync sync/atomic \
		syscall testing testing/synctest time unicode/utf8 \
		github.com/janpfeifer/gonb/gonbui golang.org/x/sync/errgroup \
		golang.org/x/sync/semaphore golang.org/x/sync/singleflight
}
