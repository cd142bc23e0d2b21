"""Restarts kernels through jupyter_client in every way that a user, a server or
a crash can, and checks that the next kernel answers, and it alone.

usage: restarts.py KERNEL-NAME COUNT

Five restarts a kernel. Prints one JSON object: how many restarts were made, the
seconds that the slowest took, and what failed.
"""

import contextlib
import itertools
import json
import subprocess
import sys
import time
from queue import Empty

import psutil
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

KERNEL, COUNT = sys.argv[1], int(sys.argv[2])
WAIT = 60  # seconds that a restart may take before it counts as failed
EACH = 5  # restarts of one kernel

# What is there when the restart begins: nothing, a cell that runs, or a process
# that was killed.
STATES = ["idle", "cell runs", "keeper killed", "second process killed", "both killed", "second process stopped"]


def answer(client, old):
    """Asks until a kernel answers; returns its session. None of the old ones may."""
    late = time.monotonic() + WAIT
    asked = set()
    while time.monotonic() < late:
        asked.add(client.kernel_info())
        until = time.monotonic() + 1
        while (left := until - time.monotonic()) > 0:
            try:
                message = client.get_shell_msg(timeout=left)
            except Empty:
                break
            if message["parent_header"].get("msg_id") not in asked:
                continue  # the end of what was asked before the restart
            session = message["header"]["session"]
            if session in old:
                raise AssertionError("the kernel before the restart answered")
            return session
    raise AssertionError(f"no answer in {WAIT} s")


def run(client, code):
    printed = []

    def take(message):
        if message["msg_type"] == "stream":
            printed.append(message["content"]["text"])

    reply = client.execute_interactive(code, timeout=WAIT, allow_stdin=False, output_hook=take)
    return reply["content"], "".join(printed)


def restart(manager, client, other, state, now, old):
    keeper = psutil.Process(manager.provisioner.pid)
    (second,) = keeper.children()
    if state == "cell runs":
        client.execute('%%\nfmt.Println("started")\nselect {}')
        while client.get_iopub_msg(timeout=WAIT)["msg_type"] != "stream":
            pass
    before = [keeper, *keeper.children(recursive=True)]
    if state == "second process stopped":
        second.suspend()
        now = True  # else Jupyter waits 5 s before it kills the kernel
    if state in ("keeper killed", "both killed"):
        keeper.kill()
    if state in ("second process killed", "both killed"):
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends without its keeper
            second.kill()
    manager.restart_kernel(now=now)
    session = answer(client, old)
    if answer(other, old) != session:
        raise AssertionError("two kernels answer")
    client.wait_for_ready(timeout=WAIT)
    reply, printed = run(client, '%%\nfmt.Print("here")')
    if printed != "here":
        raise AssertionError(f"the first cell: {reply}")
    left = [p for p in before if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    if left:
        raise AssertionError(f"processes of the kernel before are left: {left}")
    return session


def main():
    ways = itertools.cycle(itertools.product(STATES, [True, False]))
    restarts, slowest, failed = 0, 0.0, []
    for number in range(-(-COUNT // EACH)):
        manager = KernelManager(kernel_name=KERNEL, transport=("tcp", "ipc")[number % 2])
        busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2)] if number % 4 > 1 else []
        client = other = None
        try:
            manager.start_kernel()
            client = manager.client()
            other = BlockingKernelClient(connection_file=manager.connection_file)
            other.load_connection_file()
            for c in (client, other):
                c.start_channels()
                c.wait_for_ready(timeout=WAIT)
            old = {answer(client, set())}
            for _ in range(min(EACH, COUNT - restarts)):
                state, now = next(ways)
                restarts += 1
                began = time.monotonic()
                try:
                    old.add(restart(manager, client, other, state, now, old))
                except Exception as e:
                    failed.append(f"{manager.transport}, {state}, now={now}, busy={bool(busy)}: {type(e).__name__}: {e}")
                    break
                print(f"{manager.transport}, {state}, now={now}, busy={bool(busy)}: {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
                slowest = max(slowest, time.monotonic() - began)
        finally:
            for c in (client, other):
                if c:
                    c.stop_channels()
            if manager.has_kernel:
                manager.shutdown_kernel(now=True)
            for b in busy:
                b.kill()
                b.wait()
    json.dump({"restarts": restarts, "slowest": slowest, "failed": failed}, sys.stdout)


main()
