# shellcheck shell=bash
# The commands lab and bench, which start a program once all is prepared.

serve() {
	local open=yes port='' started=$SECONDS token options foreign=''
	while [ $# -gt 0 ]; do
		case $1 in
		--no-open) open= ;;
		--port)
			[ $# -gt 1 ] || wrong_usage "lab: --port needs a number"
			port=$2
			shift
			;;
		--port=*) port=${1#--port=} ;;
		*) wrong_usage "lab: unknown argument $1" ;;
		esac
		shift
	done
	case $port in
	*[!0-9]*) wrong_usage "lab: --port needs a number, not $port" ;;
	esac
	if [ -n "$port" ] && { [ "${#port}" -gt 5 ] || [ "$port" -lt 1 ] || [ "$port" -gt 65535 ]; }; then
		wrong_usage "lab: --port is from 1 to 65535, not $port"
	fi

	find_python
	[ -z "$port" ] || check_port "$port" # before the long part
	prepare_all
	[ -n "$port" ] || port=$(first_free_port) || die "the ports 8888 to 8987 are all taken: give a free one: ./install.sh lab --port N"
	work=$root/notebooks
	if is_foreign; then
		foreign=yes
		deliver_notebooks
	else
		[ -d "$work" ] || mkdir "$work" 2>/dev/null || die_of_writing "$root"
		release
	fi

	"$root/.venv/bin/python" "$parts/first_page.py" "$state/jupyter/workspaces" "$work" >&3 2>&1 || true # an empty launcher does no harm

	token=${JUPYTER_TOKEN:-$("$root/.venv/bin/python" -c 'import secrets; print(secrets.token_hex(24))')}
	options=(--config="$parts/jupyter_server_config.py" --ServerApp.port="$port" --ServerApp.root_dir="$work")
	[ -n "$open" ] || options+=(--no-browser)
	[ "$(id -u)" -ne 0 ] || options+=(--allow-root)
	announce "$port" "$token" "$started"
	jupyter_environment
	if [ -z "$foreign" ] && [ -d "$root/notebooks/coursework/source" ]; then
		export JUPYTER_CONFIG_PATH="$parts/hub/staff" # the owner of the solutions teaches
	fi
	export JUPYTER_TOKEN=$token
	cd "$work"
	exec "$root/.venv/bin/python" -m jupyterlab "${options[@]}"
}

# jupyter_environment keeps Jupyter out of the home folder, and lets terminals
# and tests find the checkout's programs.
jupyter_environment() {
	unset JUPYTER_PATH JUPYTER_CONFIG_PATH JUPYTER_PREFER_ENV_PATH JUPYTERLAB_DIR PYTHONHOME PYTHONPATH
	export VIRTUAL_ENV="$root/.venv"
	export PATH="$root/.venv/bin:$root/bin:$go_root/bin:$PATH"
	export JUPYTER_CONFIG_DIR="$state/jupyter/config"
	export JUPYTER_DATA_DIR="$state/jupyter/data"
	export JUPYTER_RUNTIME_DIR="$state/jupyter/runtime"
	export JUPYTERLAB_SETTINGS_DIR="$state/jupyter/settings"
	export JUPYTERLAB_WORKSPACES_DIR="$state/jupyter/workspaces"
	export IPYTHONDIR="$state/ipython"
}

# announce PORT TOKEN STARTED prints the address once the server answers. It runs in
# the background, because install.sh becomes the server, and it ends with the server.
announce() {
	(
		(
			trap '' INT
			while kill -0 $$ 2>/dev/null; do
				if (exec 4<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; then
					say "JupyterLab is ready after $(duration $((SECONDS - $3))); Ctrl-C stops it. Its address:"
					printf 'http://localhost:%s/lab?token=%s\n' "$1" "$2"
					exit
				fi
				sleep 0.1
			done
		) &
	)
}

try_ports='import errno, socket, sys
def busy(port):
    for family, kind, _, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        with socket.socket(family, kind) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try: s.bind(address)
            except OSError as e:
                if e.errno == errno.EADDRINUSE: return 3
                if e.errno in (errno.EACCES, errno.EPERM): return 4
    return 0
first, last = map(int, sys.argv[1:])
for port in range(first, last + 1):
    status = busy(port)
    if status == 0:
        print(port)
        break
sys.exit(status)'

check_port() {
	local status=0
	in_python "$python" -c "$try_ports" "$1" "$1" >/dev/null 2>&1 || status=$?
	case $status in
	3) die "port $1 is taken: stop the program that listens there, or choose another: ./install.sh lab --port $(($1 < 65535 ? $1 + 1 : 8888))" ;;
	4) die "port $1 is not allowed for this user: choose one above 1023: ./install.sh lab --port 8888" ;;
	esac
}

first_free_port() {
	in_python "$python" -c "$try_ports" 8888 8987
}

# bench measures Go beside the Python peers in the venv.
bench() {
	prepare_all
	make_bench_peers
	[ -x "$root/bin/speedup-bench" ] || die "bin/speedup-bench is missing: this checkout has no kernel-helpers/cmd/speedup-bench; update it"
	release
	jupyter_environment
	exec "$root/bin/speedup-bench" "$@"
}
