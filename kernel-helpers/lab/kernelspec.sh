# shellcheck shell=bash
# The kernelspec: in the checkout's venv, and on request in the user's Jupyter.

spec_name='Go (gonb)' # the kernel's name in menus
owner=speedup-checkout # the file beside kernel.json that names the checkout it is for

make_kernelspec() {
	# Else Delve starts a process of its own for Go's telemetry with each cell.
	echo off | put "$state/config/go/telemetry/mode"
	kernelspec | put "$root/.venv/share/jupyter/kernels/gonb/kernel.json"
	put "$root/.venv/share/jupyter/kernels/gonb/logo-svg.svg" <"$parts/logo-svg.svg"
}

# kernelspec prints kernel.json for this checkout.
#
# GoNB runs `go get` before each cell. The module cache comes first in GOPROXY, as a
# proxy of its own, so that what this checkout needs is found without a network and in
# the version that it is built with. Anything else is still downloaded: after | Go
# tries the next proxy on any failure.
kernelspec() {
	local text
	shopt -u patsub_replacement 2>/dev/null || true # bash 5.2 gives & a meaning below
	if [ -e "$shared/kernel.json" ]; then
		text=$(cat "$shared/kernel.json")
		printf '%s\n' "${text//@NAME@/$(json "$spec_name")}"
		return
	fi
	text=$(cat "$parts/kernel.json")
	text=${text//@CHECKOUT@/$(json "$root")}
	text=${text//@PATH@/$(json "$(kernel_path)")}
	text=${text//@GOFLAGS@/$(json "${go_flags:+$go_flags }-ldflags=-w")}
	text=${text//@GOPROXY@/$(json "file://$(url_path "$go_modules/cache/download")|$go_proxy")}
	text=${text//@NAME@/$(json "$spec_name")}
	printf '%s\n' "$text"
}

# shared_kernelspec prints kernel.json for all users of this checkout, but for the name
# in menus. Nothing in it is of the user who installs it.
shared_kernelspec() {
	local text proxy
	# A password for a proxy is the owner's.
	proxy=$(printf '%s' "$go_proxy" | sed 's|[^,|]*://[^/,|]*@[^,|]*[,|]*||g')
	text=$(cat "$parts/kernel-shared.json")
	shopt -u patsub_replacement 2>/dev/null || true
	text=${text//@CHECKOUT@/$(json "$root")}
	text=${text//@PATH@/$(json "$root/bin:$go_root/bin")}
	printf '%s\n' "${text//@GOPROXY@/$(json "file://$(url_path "$shared/mod/cache/download")${proxy:+|$proxy}")}"
}

# kernel_path prints PATH for the kernel: bin/ and this Go first, each folder once. It
# omits the venv, which may be active in the user's shell.
kernel_path() {
	local result=$root/bin:$go_root/bin folder rest=$PATH:
	while [ -n "$rest" ]; do
		folder=${rest%%:*}
		rest=${rest#*:}
		case $folder in
		'' | "$root/.venv/bin") continue ;;
		esac
		case :$result: in
		*:"$folder":*) ;;
		*) result=$result:$folder ;;
		esac
	done
	printf '%s' "$result"
}

# json TEXT prints TEXT as the inside of a JSON string.
json() {
	local text=$1
	text=${text//\\/\\\\}
	text=${text//\"/\\\"}
	text=${text//$'\t'/\\t}
	printf '%s' "${text//$'\n'/\\n}"
}

# url_path PATH escapes the characters that are special in a URL or in GOPROXY.
url_path() {
	local path=$1
	path=${path//%/%25}
	path=${path// /%20}
	path=${path//,/%2C}
	path=${path//|/%7C}
	path=${path//#/%23}
	printf '%s' "${path//\?/%3F}"
}

# user_kernelspec runs the command kernel.
user_kernelspec() {
	local user='' prefix='' remove='' dir name=gonb
	spec_name='Go (gonb)'
	while [ $# -gt 0 ]; do
		case $1 in
		--user) user=yes ;;
		--remove) remove=yes ;;
		--name | --display-name | --prefix)
			[ -n "${2:-}" ] || wrong_usage "kernel: $1 needs a value"
			case $1 in
			--name) name=$2 ;;
			--display-name) spec_name=$2 ;;
			--prefix) prefix=$2 ;;
			esac
			shift
			;;
		*) wrong_usage "kernel: unknown argument $1" ;;
		esac
		shift
	done
	[ -n "$user$prefix" ] || wrong_usage "kernel: --user is missing, or --prefix FOLDER"
	[ -z "$user" ] || [ -z "$prefix" ] || wrong_usage "kernel: --user and --prefix exclude each other"
	case $name in
	*[!A-Za-z0-9._-]*) wrong_usage "kernel: --name may have letters, digits and . _ - only, not $name" ;;
	esac
	usable_path
	case $prefix in
	'') dir=$(user_jupyter)/kernels/$name ;;
	/*) dir=$prefix/share/jupyter/kernels/$name ;;
	*) wrong_usage "kernel: --prefix needs an absolute path, not $prefix" ;;
	esac
	if [ -n "$remove" ]; then
		remove_kernelspec "$dir"
		return
	fi
	ours_or_absent "$dir"
	if is_foreign; then
		use_prepared
	else
		begin
		find_go
		plan_programs
		run_plan
	fi
	write_kernelspec "$dir"
	say "The kernel \"$spec_name\" is in $dir; \`./install.sh kernel ${user:+--user}${prefix:+--prefix $(printf %q "$prefix")}$([ "$name" = gonb ] || printf ' --name %s' "$name") --remove\` takes it out"
}

# user_jupyter prints the data folder of the user's own Jupyter.
user_jupyter() {
	if [ -n "${JUPYTER_DATA_DIR:-}" ]; then
		printf '%s' "$JUPYTER_DATA_DIR"
	elif command -v jupyter >/dev/null 2>&1 && jupyter --data-dir 2>/dev/null; then
		:
	elif [ "$(uname -s)" = Darwin ]; then
		printf '%s/Library/Jupyter' "$HOME"
	else
		printf '%s/jupyter' "${XDG_DATA_HOME:-$HOME/.local/share}"
	fi
}

# ours_or_absent DIR exits if DIR holds a kernelspec of another owner.
ours_or_absent() {
	local of
	if [ ! -e "$1" ] && [ ! -L "$1" ]; then
		return 0
	fi
	of=$(cat "$1/$owner" 2>/dev/null) ||
		die "$1 holds a kernelspec that install.sh did not put there: move it away first, or give another name with --name"
	if [ "$of" != "$root" ] && [ -x "$of/install.sh" ]; then
		die "$1 belongs to the checkout $of: remove it with that checkout's install.sh and --remove first, or give another name with --name"
	fi
}

write_kernelspec() {
	local new=$1.new.$$
	rm -rf "$new"
	{
		mkdir -p "$new" && kernelspec >"$new/kernel.json" && cp "$parts/logo-svg.svg" "$new/" &&
			printf '%s\n' "$root" >"$new/$owner" && rm -rf "$1" && mv "$new" "$1"
	} 2>/dev/null || {
		rm -rf "$new"
		die "$1 cannot be written: make it yours (chown) or free some space, then run the same command again"
	}
}

remove_kernelspec() {
	if [ ! -e "$1" ] && [ ! -L "$1" ]; then
		say "There is no kernelspec of ours to remove in $1"
		return 0
	fi
	ours_or_absent "$1"
	rm -rf "$1" 2>/dev/null || die "$1 cannot be removed: make it yours (chown), then run the same command again"
	say "Removed $1"
}
