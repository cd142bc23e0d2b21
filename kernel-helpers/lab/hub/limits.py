"""Limits for each user's processes: their number by rlimit, their memory by a cgroup.

A cgroup needs a place that this process may write to, which containers often lack.
"""

import os
import pathlib
import resource
import signal
import time

root = pathlib.Path("/sys/fs/cgroup")


class NoCgroup(Exception):
    """Memory cannot be limited here."""


class Memory:
    """The cgroups below a folder of ours, one for each user."""

    def __init__(self, top=root):
        unified = (top / "cgroup.controllers").exists()
        self.limit = "memory.max" if unified else "memory.limit_in_bytes"
        self.base = (top if unified else top / "memory") / "speedup"
        try:
            if unified:
                enable(top)
            self.base.mkdir(exist_ok=True)
            if unified:
                enable(self.base)
            probe = self.base / f"probe-{os.getpid()}"
            probe.mkdir()
            try:
                if not (probe / self.limit).exists():
                    raise NoCgroup(f"{probe} has no {self.limit}: the memory controller is not available")
                (probe / self.limit).write_text(str(1 << 30))
            finally:
                probe.rmdir()
        except OSError as e:
            raise NoCgroup(f"{e.filename or self.base}: {e.strerror}") from None

    def place(self, name, size):
        """Makes the cgroup of a user and returns the file to which a process writes its id to enter it."""
        group = self.base / name
        group.mkdir(exist_ok=True)
        (group / self.limit).write_text(str(size))
        return group / "cgroup.procs"

    def clear(self, name, patience=5):
        """Ends what a user's server has left behind, and removes the cgroup."""
        group = self.base / name
        deadline = time.monotonic() + patience
        while group.exists():
            try:
                pids = [int(pid) for pid in (group / "cgroup.procs").read_text().split()]
                if not pids:
                    group.rmdir()
                    return
            except OSError:
                pass  # it is on its way out
            else:
                for pid in pids:
                    try:
                        os.kill(pid, signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            if time.monotonic() > deadline:
                raise TimeoutError(f"{group} still has processes: {pids}")
            time.sleep(0.05)


def enable(folder):
    control = folder / "cgroup.subtree_control"
    if "memory" not in control.read_text().split():
        control.write_text("+memory")


def processes(number):
    """Limits how many processes and threads the user may have from now on."""
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    if hard != resource.RLIM_INFINITY:
        number = min(number, hard)
    resource.setrlimit(resource.RLIMIT_NPROC, (number, number))
