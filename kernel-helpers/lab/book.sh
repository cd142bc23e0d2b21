# shellcheck shell=bash
# The command book: the notebooks as a static site. Jupyter Book has a venv of its own,
# as it needs other versions than JupyterLab. What it builds is made by book/make.py.

book() {
	local repository='' venv=$state/book/venv inputs
	while [ $# -gt 0 ]; do
		case $1 in
		--repository)
			[ -n "${2:-}" ] || wrong_usage "book: --repository needs an address"
			repository=$2
			shift
			;;
		*) wrong_usage "book: unknown argument $1" ;;
		esac
		shift
	done
	case $repository in
	'' | https://github.com/*/*) ;;
	*) wrong_usage "book: --repository needs an address such as https://github.com/OWNER/NAME, not $repository" ;;
	esac
	usable_path
	! is_foreign || die "book: $root belongs to another user, who has to run it"
	begin
	find_python
	inputs=$(
		printf '%s\n' "$root" "$python" "$python_version"
		digest kernel-helpers/lab/requirements-book.txt
	)
	[ -x "$venv/bin/jupyter-book" ] || rm -f "$state/stamps/book" 2>/dev/null || die_of_writing "$state/stamps"
	step python book "Jupyter Book (.lab/book)" "$inputs" install_book
	plan python site "the site" 1800 build_site or_explain
	run_plan
	say "The site is in $state/book/site/_build/html: open its index.html, or let any web server show the folder"
}

install_book() {
	rm -rf "$venv"
	in_python "$python" -m venv "$venv" || return 1
	in_python "$venv/bin/python" -m pip install --disable-pip-version-check --no-input \
		--progress-bar off --retries 2 --timeout 20 --require-hashes -r "$parts/requirements-book.txt"
}

# build_site fails at any warning: a link that leads nowhere is one.
build_site() {
	in_python "$venv/bin/python" "$parts/book/make.py" "$root" "$state/book/site" ${repository:+"$repository"} &&
		in_python "$venv/bin/python" "$venv/bin/jupyter-book" build -W --keep-going "$state/book/site"
}
