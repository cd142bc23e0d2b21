#!/usr/bin/env bash
# Installs Speedup into this checkout and starts it. See --help.
# Written for bash 3.2 and for BSD tools too, so that it runs on macOS.
set -euo pipefail
unset CDPATH

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
parts=$root/kernel-helpers/lab

# shellcheck source=kernel-helpers/lab/say.sh
. "$parts/say.sh"
# shellcheck source=kernel-helpers/lab/failure.sh
. "$parts/failure.sh"
# shellcheck source=kernel-helpers/lab/lock.sh
. "$parts/lock.sh"
# shellcheck source=kernel-helpers/lab/step.sh
. "$parts/step.sh"
# shellcheck source=kernel-helpers/lab/tools.sh
. "$parts/tools.sh"
# shellcheck source=kernel-helpers/lab/uv.sh
. "$parts/uv.sh"
# shellcheck source=kernel-helpers/lab/prepare.sh
. "$parts/prepare.sh"
# shellcheck source=kernel-helpers/lab/kernelspec.sh
. "$parts/kernelspec.sh"
# shellcheck source=kernel-helpers/lab/shared.sh
. "$parts/shared.sh"
# shellcheck source=kernel-helpers/lab/serve.sh
. "$parts/serve.sh"
# shellcheck source=kernel-helpers/lab/hub.sh
. "$parts/hub.sh"
# shellcheck source=kernel-helpers/lab/book.sh
. "$parts/book.sh"
# shellcheck source=kernel-helpers/lab/check.sh
. "$parts/check.sh"

usage() {
	cat <<'HELP'
Speedup: the Go concurrency course that runs.

  ./install.sh lab [--no-open] [--port N]
        Installs what is missing, then opens JupyterLab at notebooks/.
        --no-open   start no browser; the address to open is printed
        --port N    this port, or fail; without it the first free one from 8888
        Ctrl-C stops the server and its kernels.

  ./install.sh prepare [--shared]
        Installs what is missing and starts nothing.
        --shared    for all users of the machine, who then run lab or kernel --user
                    of this checkout and cannot change it. Solutions of the
                    coursework stay closed to them.

  ./install.sh kernel --user [--name NAME] [--display-name TEXT] [--remove]
        Adds the kernel of this checkout to the Jupyter that you already have, or
        takes it out again. This needs Go, but no Python.
        --name NAME          the kernel's name, gonb unless given. GoNB's own
                             installation has that name too.
        --display-name TEXT  its name in menus, "Go (gonb)" unless given
        --prefix FOLDER      in place of --user: below FOLDER, such as /usr/local,
                             for all users of the machine

  ./install.sh hub [--class FOLDER] [--no-start] [--check]
        JupyterHub for a class, as root: prepares the installation for all users,
        adds JupyterHub, makes the class's folder and starts the Hub.
        kernel-helpers/lab/hub/README.md leads through it.
        --class FOLDER  where settings, submissions and grades are: /srv/speedup,
                        or the folder that was given before
        --no-start      prepares everything, starts nothing
        --check         only says what is missing and what to do about it
        Outside of the checkout it makes that folder, /run/speedup, and the
        account speedup-course.

  ./install.sh book [--repository URL]
        The notebooks as a static web site, to read without installing: with
        pictures, search, contents, a dark theme, and folded answers. It comes
        to .lab/book/site/_build/html.
        --repository URL  on GitHub: where the pages' buttons, and links to files
                          outside the site, lead

  ./install.sh test [--no-browser] [--long | --quick]
        Runs every check: formatting, vet, staticcheck, shellcheck, unit tests
        under the race detector, the coursework, the notebooks, and the browser
        tests in a real Chromium.
        --no-browser  leaves the browser tests out
        --long        runs all of each long test (500 cells in the soak test),
                      where otherwise a sample runs; of the notebooks another
                      third each day
        --quick       runs formatting, vet, and the unit tests that need no real
                      kernel, nbgrader, sandbox or browser: a minute and a half
                      at most once Go's build cache is warm. Installs nothing.

  ./install.sh bench [ARGUMENTS]
        Measures Go beside its Python peers (bin/speedup-bench; --help lists
        its arguments). Adds numpy to .venv first, 70 MB that nothing else needs.

Needed: Go 1.26 or newer, Python 3.10 or newer with venv, and the registries of
Go modules and Python packages, or mirrors of them (GOPROXY, PIP_INDEX_URL).
The race detector and test also need gcc, grading gcc and bubblewrap, test
shellcheck and Chromium besides: test installs them with apt-get where it is
run as root, and names what is missing elsewhere.
Everything goes into this checkout: .venv/ (JupyterLab), bin/ (programs) and
.lab/ (settings, logs). Outside it only the caches of Go, pip and uv grow.
A second run does only what has changed. "git clean -xdf" removes it all.

Exit status: 0 done, 1 failed (one line says what failed and how to fix it),
2 wrong usage.
HELP
}

main() {
	local command=${1:-}
	[ $# -eq 0 ] || shift
	case $command in
	lab) serve "$@" ;;
	prepare) prepare "$@" ;;
	kernel) user_kernelspec "$@" ;;
	test) check "$@" ;;
	hub) hub "$@" ;;
	book) book "$@" ;;
	bench) bench "$@" ;;
	-h | --help | help) usage ;;
	'') wrong_usage "a command is missing" ;;
	*) wrong_usage "unknown command $command" ;;
	esac
}

main "$@"
