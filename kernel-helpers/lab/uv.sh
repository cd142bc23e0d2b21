# shellcheck shell=bash
# uv installs the locked packages several times faster than pip, by the same hashes. It
# is used if it understands all settings that pip has here, such as an index, a
# certificate or a proxy. Otherwise, and whenever uv fails, pip does the work.

# uv_install FILE installs the packages of a lock file into the venv.
uv_install() {
	local settings
	settings=$(uv_settings "$(venv_python -m pip config list)") || return 1
	pip_install requirements-uv.txt --quiet --only-binary :all: --no-compile --target "$scratch/uv" || return 1
	(
		while read -r setting; do
			export "${setting?}"
		done <<-END
			$settings
		END
		in_python "$scratch/uv/bin/uv" pip install --no-config --no-progress --no-python-downloads \
			--python "$root/.venv/bin/python" --compile-bytecode --require-hashes -r "$parts/$1"
	)
}

# install_locked FILE installs the packages of a lock file into the venv, by uv if it can.
install_locked() {
	uv_install "$1" || {
		echo "uv did not install them: pip does"
		pip_install "$1"
	}
}

# uv_settings CONFIG translates what `pip config list` prints into variables for
# uv, one per line. It fails at a setting that uv may not know.
uv_settings() {
	local section line key value
	printf 'UV_HTTP_RETRIES=2\n'
	for section in global install :env:; do # the later ones win
		while IFS= read -r line; do
			key=${line%%=*}
			value=${line#*=}
			[ "${key%.*}" = "$section" ] || continue
			value=${value#[\'\"]}
			value=${value%[\'\"]}
			case $value in
			*\\*) return 1 ;; # several lines, or quotes
			esac
			case ${key##*.} in
			index-url) printf 'UV_DEFAULT_INDEX=%s\n' "$value" ;;
			extra-index-url) printf 'UV_INDEX=%s\n' "$value" ;;
			find-links) printf 'UV_FIND_LINKS=%s\n' "${value// /,}" ;;
			cert) printf 'SSL_CERT_FILE=%s\n' "$value" ;;
			proxy) printf 'ALL_PROXY=%s\n' "$value" ;;
			timeout | default-timeout | retries | user | require-virtualenv | disable-pip-version-check | \
				no-input | progress-bar | no-color | quiet | verbose | cache-dir | no-cache-dir | \
				root-user-action | break-system-packages | no-warn-script-location) ;;
			*) return 1 ;;
			esac
		done <<-END
			$1
		END
	done
}
