"""Creates a class's folder or completes it: who may do what there is decided here.

usage: prepare_class.py FOLDER      (as root)

	class.json   the settings, root's; all may read them
	hub/         JupyterHub's own state, for root only
	course/      sources with solutions, submissions, grades: for the course's account only
	exchange/    nbgrader's exchange: teachers give out, students hand in

Exit status 3: class.json is new and names nobody yet.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import settings

S = settings
parts = ("source", "mutants", "notes", "release", "coursework.json", "nbgrader_config.py")


def own(path, mode, account="root"):
    """Makes a folder with this mode and owner. A link in its place is refused, because it may lead anywhere."""
    path.mkdir(exist_ok=True)
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        user = S.user(account)
        os.fchown(folder, user.pw_uid, user.pw_gid)
        os.fchmod(folder, mode)
    finally:
        os.close(folder)


def make_account(home):
    if S.user(S.course_account) is None:
        run("useradd", "--system", "--no-create-home", "--home-dir", str(home), "--shell", "/bin/bash", S.course_account)


def run(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        raise ValueError(f"{command[0]} is missing: install it (Debian and Ubuntu: apt-get install passwd)") from None
    if done.returncode:
        raise ValueError(f"{' '.join(command)}: {done.stderr.strip()}")


def course(folder):
    """Copies the course's sources, once: afterwards they are the teachers'."""
    if (folder / "coursework.json").exists():
        return
    new = folder.with_name(folder.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    coursework = S.checkout / "notebooks/coursework"
    for name in parts:
        if (coursework / name).is_dir():
            shutil.copytree(coursework / name, new / name)
        elif (coursework / name).exists():
            shutil.copy2(coursework / name, new / name)
    user = S.user(S.course_account)
    for path, folders, files in os.walk(new):
        os.chown(path, user.pw_uid, user.pw_gid)
        os.chmod(path, 0o700)
        for name in files:
            os.chown(os.path.join(path, name), user.pw_uid, user.pw_gid)
            os.chmod(os.path.join(path, name), 0o600)
    (new / ".home").mkdir(mode=0o700)
    os.chown(new / ".home", user.pw_uid, user.pw_gid)
    folder.rmdir()
    new.rename(folder)


def exchange(class_):
    # Everybody may write to the root, because nbgrader refuses another mode; nobody
    # may remove a course. What is in the course's folder nbgrader makes itself.
    own(class_.exchange, 0o1777)
    own(class_.exchange / S.course, 0o755, S.course_account)


def prepare(folder):
    folder.mkdir(parents=True, exist_ok=True)
    shutil.chown(folder, "root", "root")
    folder.chmod(0o755)
    file = folder / "class.json"
    if not file.exists():
        file.write_text((pathlib.Path(__file__).parent / "class.json").read_text())
        print(f"{file} is new: write the accounts of teachers and students into it, then run the same command again")
        return 3
    file.chmod(0o644)
    class_ = S.Class(folder)
    if not class_.teachers:
        print(f"{file} names no teacher: write accounts into it, then run the same command again")
        return 3
    make_account(class_.course_folder / ".home")
    own(class_.state, 0o700)
    own(class_.course_folder, 0o700, S.course_account)
    course(class_.course_folder)
    exchange(class_)
    return 0


if __name__ == "__main__":
    os.umask(0o022)
    try:
        sys.exit(prepare(pathlib.Path(sys.argv[1])))
    except (ValueError, OSError) as e:
        print(f"hub: {e}", file=sys.stderr)
        sys.exit(1)
