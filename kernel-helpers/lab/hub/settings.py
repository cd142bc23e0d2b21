"""The settings of a class: class.json in the class's folder."""

import json
import pathlib
import pwd
import re
import shutil

checkout = pathlib.Path(__file__).resolve().parents[3]
recorded = checkout / ".lab" / "shared" / "class"  # names the class's folder

defaults = json.loads((pathlib.Path(__file__).parent / "class.json").read_text())
# Of the hub, of the proxy's interface and of the course's server: for this machine only.
defaults["ports"] = [8081, 8001, 8002]

# The course's id in nbgrader, as in the course's own nbgrader_config.py.
course = "speedup"

# The Unix account that owns the course's folder. Teachers and graders enter its
# JupyterLab, so that they share one gradebook, and files belong to no single one.
course_account = "speedup-course"

# Names that a Unix account may have. They become parts of paths.
account = re.compile(r"^[a-z_][a-z0-9_.-]{0,31}$")


class Class:
    """A class: its settings as attributes, and where its folders are."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.file = self.folder / "class.json"
        for name, value in read(self.file).items():
            setattr(self, name, value)
        self.exchange = self.folder / "exchange"
        self.course_folder = self.folder / "course"
        self.state = self.folder / "hub"

    @property
    def staff(self):
        return list(dict.fromkeys(self.teachers + self.graders))

    @property
    def everyone(self):
        return list(dict.fromkeys(self.staff + self.students))

    def groups(self, name):
        """Returns the Hub's groups of a user. nbgrader looks for the first two."""
        return [
            group
            for group, members in {
                f"formgrade-{course}": self.staff,
                f"nbgrader-{course}": self.students,
                "teachers": self.teachers,
                "graders": self.graders,
                "students": self.students,
            }.items()
            if name in members
        ]


def read(file):
    """Returns the settings in file, or raises ValueError that says what is wrong with them."""
    try:
        given = json.loads(file.read_text())
    except OSError as e:
        raise ValueError(f"{file}: {e.strerror}: run `./install.sh hub` as root, which makes one") from None
    except ValueError as e:
        raise ValueError(f"{file} is no JSON: {e}") from None
    if not isinstance(given, dict):
        raise ValueError(f"{file}: want an object with the settings, as in {defaults}")
    for name, value in given.items():
        if name not in defaults:
            raise ValueError(f"{file}: there is no setting {name}; there are {', '.join(defaults)}")
        if type(value) is not type(defaults[name]):
            raise ValueError(f"{file}: {name} is {json.dumps(value)}, want something like {json.dumps(defaults[name])}")
    values = {**defaults, **given}
    for name in "teachers", "graders", "students":
        for user in values[name]:
            if not isinstance(user, str) or not account.match(user) or user == course_account:
                raise ValueError(f"{file}: {name}: {json.dumps(user)} cannot be an account's name")
    for user in values["students"]:
        if user in values["teachers"] + values["graders"]:
            raise ValueError(f"{file}: {user} is a student and also a teacher or grader: choose one, or solutions would be open")
    if values["spawner"] not in ("local", "systemd"):
        raise ValueError(f"{file}: spawner is {values['spawner']}, want local or systemd")
    ports = values["ports"]
    if len(ports) != 3 or not all(type(port) is int and 0 < port < 65536 for port in ports):
        raise ValueError(f"{file}: ports is {json.dumps(ports)}, want three numbers")
    for name in "memory_mb", "processes", "idle_minutes":
        if values[name] < 0 or isinstance(values[name], bool):
            raise ValueError(f"{file}: {name} is {values[name]}, want a number, or 0 for no limit")
    return values


def find(folder=None):
    """Returns the class of this installation, or of folder."""
    if folder:
        return Class(folder)
    try:
        return Class(recorded.read_text().strip())
    except OSError:
        raise ValueError("this installation has no class yet: run `./install.sh hub` as root") from None


def user(name):
    """Returns the account of a user, or None."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def go_root():
    """Returns the folder of the Go that the installation was prepared with."""
    try:
        return pathlib.Path((checkout / ".lab/shared/goroot").read_text().strip())
    except OSError:
        go = shutil.which("go")
        if not go:
            raise ValueError("Go is missing: run `./install.sh prepare --shared`, which says what to install") from None
        return pathlib.Path(go).resolve().parents[1]
