"""Says what a class on JupyterHub still needs, and what to do about it.

usage: check.py [FOLDER]

Exit status 0: nothing is missing; 1: something is.
"""

import importlib.metadata
import os
import pathlib
import shutil
import stat
import sys

import limits
import settings


def problems(folder):
    """Yields what is missing, as pairs of a fact and a remedy, and notes with no remedy."""
    if os.getuid() != 0:
        yield "you are not root, who starts each user's server as that user", "run it with sudo"
    for name in "jupyterhub", "configurable-http-proxy", "jupyterhub-idle-culler", "jupyterhub-systemdspawner":
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield f"the Python package {name} is not installed", "run `./install.sh hub`"
    try:
        class_ = settings.find(folder)
        yield None, f"the class is in {class_.folder}"
    except ValueError as e:
        yield str(e), None
        return
    if not class_.teachers:
        yield f"{class_.file} names no teacher", "write the accounts into it"
    if not class_.students:
        yield f"{class_.file} names no student", "write the accounts into it"
    yield from accounts(class_)
    yield from folders(class_)
    if class_.spawner == "systemd":
        if not pathlib.Path("/run/systemd/system").exists():
            yield "systemd does not run here", f'set spawner to "local" in {class_.file}'
        yield None, "SystemdSpawner's settings were checked, but never run by us"
    else:
        yield from memory(class_)
    if not class_.certificate and not class_.address.startswith("http://127."):
        yield f"passwords cross the network in clear text to {class_.address}", (
            f"name certificate and key in {class_.file}, or let a web server with https pass requests on to http://127.0.0.1:8000"
        )
    for tool, what, packages in (
        ("gcc", "cells with the race detector", "gcc libc6-dev"),
        ("bwrap", "grading", "bubblewrap"),
        ("setpriv", "the Hub", "util-linux"),
    ):
        if not shutil.which(tool):
            yield f"{tool} is missing: no {what}", f"install it (Debian and Ubuntu: apt-get install {packages})"


def accounts(class_):
    missing = [name for name in class_.everyone if not settings.user(name)]
    if missing:
        yield f"there is no account for {', '.join(missing)}", f"make each with `useradd --create-home NAME`, or correct {class_.file}"
    open_homes = []
    for name in class_.everyone:
        account = settings.user(name)
        try:
            if account and os.stat(account.pw_dir).st_mode & 0o077:
                open_homes.append(account.pw_dir)
        except OSError as e:
            yield f"the home folder of {name} cannot be used: {account.pw_dir}: {e.strerror}", f"make it: mkhomedir_helper {name}"
    if open_homes:
        yield f"other users can look into {', '.join(open_homes)}", f"chmod 700 {' '.join(open_homes)}"
    if not settings.user(settings.course_account):
        yield f"there is no account {settings.course_account}, which owns the course's folder", "run `./install.sh hub`"


def folders(class_):
    # What others must be able to do, and what they must not.
    for path, wanted, forbidden in (
        (class_.folder, 0o005, 0o022),
        (class_.state, 0, 0o077),
        (class_.course_folder, 0, 0o077),
        (class_.exchange, 0o1007, 0),
        (class_.exchange / settings.course, 0o005, 0o022),
    ):
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
        except OSError as e:
            yield f"{path}: {e.strerror}", "run `./install.sh hub`"
            continue
        if mode & wanted != wanted or mode & forbidden:
            yield f"{path} has mode {mode:o}", "run `./install.sh hub`, which sets it right"
    for path in settings.checkout / "notebooks/coursework/source", settings.checkout / ".git":
        if path.exists() and path.stat().st_mode & 0o007:
            yield f"students can read {path}", "run `./install.sh prepare --shared`"


def memory(class_):
    if not class_.memory_mb:
        yield None, "memory_mb is 0: there is no limit of a user's memory"
        return
    try:
        limits.Memory()
        yield None, f"each user has {class_.memory_mb} MB of memory and {class_.processes or 'any number of'} processes and threads"
    except limits.NoCgroup as e:
        yield None, f"there is no limit of a user's memory here ({e}); only processes are limited, to {class_.processes or 'any number'}"


def main():
    missing = 0
    for fact, remedy in problems(sys.argv[1] if sys.argv[1:] else None):
        if fact is None:
            print(f"  {remedy}")
        else:
            missing += 1
            print(f"  missing: {fact}{': ' + remedy if remedy else ''}")
    print("Nothing is missing" if not missing else f"{missing} missing")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
