"""Starts each user's server: as that user, with the course's notebooks, and within limits."""

import asyncio
import os
import pathlib
import shutil
import sys

from jupyterhub.spawner import LocalProcessSpawner

import limits
import settings

here = pathlib.Path(__file__).parent
# A copy of all notebooks takes a tenth of a second; a home on a slow network may need a minute.
patience = 60


class ClassSpawner(LocalProcessSpawner):
    """A LocalProcessSpawner whose servers have limits."""

    memory = None  # a limits.Memory, where there is one
    number = 0  # of processes and threads; 0 is no limit

    def make_preexec_fn(self, name):
        become_user = super().make_preexec_fn(name)
        enter = None
        if self.memory and self.mem_limit:
            enter = os.fspath(self.memory.place(name, self.mem_limit))

        def preexec():
            # Only root may enter the cgroup, so that comes first.
            if enter:
                with open(enter, "w") as f:
                    f.write(str(os.getpid()))
            if self.number:
                limits.processes(self.number)
            become_user()

        return preexec

    async def stop(self, now=False):
        await super().stop(now=now)
        if self.memory and self.mem_limit:
            try:
                await asyncio.to_thread(self.memory.clear, self.user.name)
            except (OSError, TimeoutError) as e:
                self.log.warning("%s: the memory limit stays until the next start: %s", self.user.name, e)


def environment(class_, role):
    """Returns what a server needs besides Jupyter's own variables. The role is students or staff."""
    checkout = settings.checkout
    folders = [checkout / ".venv/bin", checkout / "bin", settings.go_root() / "bin"]
    folders += ["/usr/local/bin", "/usr/bin", "/bin"]
    return {
        "PATH": os.pathsep.join(map(str, folders)),
        "SPEEDUP_CLASS": str(class_.folder),
        "JUPYTER_CONFIG_PATH": str(here / role),
    }


# Kernels' sockets are here. The path of a socket may have 107 bytes, which those in a
# home folder can exceed, and a home may be on a network that has no sockets.
runtime = pathlib.Path("/run/speedup")


def runtime_folder(name):
    """Makes the folder for a user's sockets and connection files. Only root can."""
    runtime.mkdir(mode=0o755, exist_ok=True)
    account, folder = settings.user(name), runtime / name
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, account.pw_uid, account.pw_gid)  # only root writes to the folder above, so this is no link
    return str(folder)


def leave(spawner):
    """Removes the sockets of a user whose server has stopped."""
    shutil.rmtree(runtime / spawner.user.name, ignore_errors=True)


async def welcome(spawner):
    """Delivers the notebooks as the user. What fails is logged: a user with a full disk has to get in to make room."""
    name = spawner.user.name
    account = settings.user(name)
    if account is None:
        return  # the spawner says so
    drop = {}
    if os.getuid() == 0:
        spawner.environment["JUPYTER_RUNTIME_DIR"] = runtime_folder(name)
        drop = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": os.getgrouplist(name, account.pw_gid)}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-E", str(here / "welcome.py"),
        env={"HOME": account.pw_dir, "PATH": os.defpath}, cwd="/",
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, **drop,
    )
    try:
        out, _ = await asyncio.wait_for(process.communicate(), patience)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        spawner.log.error("%s: the notebooks were not delivered within %d s", name, patience)
        return
    text = out.decode(errors="replace").strip()
    if process.returncode:
        spawner.log.error("%s: the notebooks were not delivered: %s", name, text)
    elif text:
        spawner.log.info("%s: %s", name, text)
