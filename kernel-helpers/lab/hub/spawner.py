"""Starts each user's server: as that user, with the course's notebooks, and within limits."""

import asyncio
import os
import pathlib
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


def environment(class_, go_root):
    """Returns what a server needs besides Jupyter's own variables."""
    checkout = settings.checkout
    folders = [checkout / ".venv/bin", checkout / "bin", pathlib.Path(go_root, "bin")]
    folders += ["/usr/local/bin", "/usr/bin", "/bin"]
    return {"PATH": os.pathsep.join(map(str, folders)), "SPEEDUP_CLASS": str(class_.folder)}


async def welcome(spawner):
    """Delivers the notebooks as the user. What fails is logged: a user with a full disk has to get in to make room."""
    name = spawner.user.name
    account = settings.user(name)
    if account is None:
        return  # the spawner says so
    drop = {}
    if os.getuid() == 0:
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
