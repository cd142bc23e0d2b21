# shellcheck shell=bash
# The command hub: a class on JupyterHub. Its parts are in the folder hub, whose
# README.md is for who sets up a class.

hub() {
	local only_check='' start=yes folder=''
	while [ $# -gt 0 ]; do
		case $1 in
		--check) only_check=yes ;;
		--no-start) start= ;;
		--class)
			[ -n "${2:-}" ] || wrong_usage "hub: --class needs a folder"
			folder=$2
			shift
			;;
		*) wrong_usage "hub: unknown argument $1" ;;
		esac
		shift
	done
	[ -z "$only_check" ] || [ -n "$start" ] || wrong_usage "hub: --check starts nothing, with or without --no-start"
	case $folder in
	'' | /*) ;;
	*) wrong_usage "hub: --class needs an absolute path, not $folder" ;;
	esac
	usable_path
	if [ -n "$only_check" ]; then
		check_hub "$folder"
		return
	fi
	[ "$(id -u)" -eq 0 ] || die "hub: it starts each user's server as that user, which only root can: run it with sudo"
	[ -n "$folder" ] || folder=${SPEEDUP_CLASS:-$(cat "$shared/class" 2>/dev/null || echo /srv/speedup)}
	open_to_all "$(deepest "$folder")" || die "hub: users cannot enter $closed, where the class's folder is to be: name another with --class, or run chmod a+x on it"
	for_all=yes
	prepare_all
	make_hub_packages
	printf '%s\n' "$folder" | put "$shared/class"
	open_installation # the packages, too
	release
	prepare_class "$folder"
	in_python "$root/.venv/bin/python" "$parts/hub/check.py" >&3 || say "It starts all the same, without what is missing"
	if [ -z "$start" ]; then
		say "All is in place: $root/install.sh hub starts JupyterHub"
		return
	fi
	cd "$folder/hub"
	export PATH="$root/.venv/bin:$root/bin:$go_root/bin:$PATH"
	umask 022
	# Started in the background of a script it would ignore this signal, and so would
	# its children, which it ends by it: a stop would take a minute.
	exec env --default-signal=INT "$root/.venv/bin/python" -E -m jupyterhub --config "$parts/hub/jupyterhub_config.py"
}

# check_hub FOLDER says what is missing, and changes nothing.
check_hub() {
	if [ ! -e "$shared/id" ] || [ ! -x "$root/.venv/bin/python" ]; then
		say "  missing: the installation is not prepared for all users: run \`./install.sh prepare --shared\` as root"
		say "1 missing"
		return 1
	fi
	in_python "$root/.venv/bin/python" "$parts/hub/check.py" ${1:+"$1"} >&3
}

# prepare_class FOLDER creates the class's folder or completes it. It exits at a class.json that
# nobody has filled in yet.
prepare_class() {
	local status=0
	in_python "$root/.venv/bin/python" "$parts/hub/prepare_class.py" "$1" >&3 || status=$?
	[ "$status" -eq 0 ] || exit 1
}

# deepest PATH prints the deepest folder of PATH that exists.
deepest() {
	local path=$1
	while [ ! -d "$path" ]; do
		path=$(dirname "$path")
	done
	printf '%s' "$path"
}

# make_hub_packages adds JupyterHub to the venv.
make_hub_packages() {
	local inputs
	inputs=$(
		printf '%s\n' "$root" "$python" "$python_version"
		digest kernel-helpers/lab/requirements.txt kernel-helpers/lab/requirements-hub.txt
	)
	[ -x "$root/.venv/bin/jupyterhub" ] || rm -f "$state/stamps/hub" 2>/dev/null || die_of_writing "$state/stamps"
	step python hub "JupyterHub (.venv)" "$inputs" install_hub_packages
	run_plan
}

install_hub_packages() {
	install_locked requirements-hub.txt
}
