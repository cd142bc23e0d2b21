"""Restarts kernels through jupyter_client in every way in which a user, a server or
a crash can, and checks that only the next kernel answers.

usage: restarts.py KERNEL-NAME COUNT

Each kernel is restarted five times. Prints one JSON object with the number of
restarts, the duration of the slowest one in seconds, and the failures.
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
WAIT = 60  # seconds after which a restart counts as failed
EACH = 5  # restarts of one kernel

# The state of the kernel when the restart begins.
STATES = ["idle", "cell runs", "keeper killed", "second process killed", "both killed", "second process stopped"]


def answer(client, old):
    """Asks until a kernel answers, and returns its session, which must not be in old."""
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
                continue  # the reply to a request from before the restart
            session = message["header"]["session"]
            if session in old:
                raise AssertionError("got an answer of the kernel before the restart")
            return session
    raise AssertionError(f"got no answer in {WAIT} s")


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
        raise AssertionError("got answers of two kernels, want one")
    client.wait_for_ready(timeout=WAIT)
    reply, printed = run(client, '%%\nfmt.Print("here")')
    if printed != "here":
        raise AssertionError(f"the first cell: got {reply}, want it to print here")
    left = [p for p in before if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    if left:
        raise AssertionError(f"got {left}, want no process of the kernel before")
    return session


def main():
    ways = itertools.cycle(itertools.product(STATES, [True, False]))
    restarts, slowest, failed = 0, 0.0, []
    for number in range(-(-COUNT // EACH)):
        manager = KernelManager(kernel_name=KERNEL, transport=("tcp", "ipc")[number % 2])
        # Half of a long run and a quarter of a sample run beside two busy loops.
        beside = number % 4 > 1 if COUNT > 100 else number % 8 in (3, 6)
        busy = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(2)] if beside else []
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
