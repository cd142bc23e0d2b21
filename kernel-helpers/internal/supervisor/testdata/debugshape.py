"""Replays what JupyterLab 4.6 sends for a debugged cell, and prints the shape of each
answer: a list of [request, {path of a field: type of its value}].

usage: debugshape.py KERNEL-NAME CELL-FILE

The cell has a statement in its line 3 and a list called values before it.
"""

import json
import sys
import time

from jupyter_client.manager import KernelManager

KERNEL, CODE = sys.argv[1], open(sys.argv[2], encoding="utf-8").read()
WAIT = 60


def paths(value, path=""):
    """Yields the paths of all fields; of a list, those of its elements."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from paths(part, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, "list"
        for part in value:
            yield from paths(part, f"{path}[]")
    else:
        yield path, type(value).__name__


manager = KernelManager(kernel_name=KERNEL)
manager.start_kernel()
client = manager.client()
client.start_channels()
client.wait_for_ready(timeout=WAIT)
shapes, seq = [], -1


def ask(command, arguments):
    global seq
    seq += 1
    content = {"type": "request", "seq": seq, "command": command, "arguments": arguments}
    message = client.session.msg("debug_request", content)
    client.control_channel.send(message)
    while True:
        reply = client.control_channel.get_msg(timeout=WAIT)
        if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
            break
    shapes.append([command, dict(paths(reply["content"]))])
    return reply["content"].get("body") or {}


def event(name):
    late = time.monotonic() + WAIT
    while time.monotonic() < late:
        message = client.iopub_channel.get_msg(timeout=WAIT)
        if message["msg_type"] == "debug_event" and message["content"]["event"] == name:
            shapes.append(["event " + name, dict(paths(message["content"]))])
            return message["content"]["body"]
    raise AssertionError("no event " + name)


try:
    ask("debugInfo", {})
    ask("initialize", {
        "clientID": "jupyterlab", "clientName": "JupyterLab", "adapterID": KERNEL, "pathFormat": "path",
        "linesStartAt1": True, "columnsStartAt1": True, "supportsVariableType": True,
        "supportsVariablePaging": True, "supportsRunInTerminalRequest": True, "locale": "en",
    })
    ask("attach", {})
    ask("inspectVariables", {})
    path = ask("dumpCell", {"code": CODE})["sourcePath"]
    ask("debugInfo", {})
    ask("setBreakpoints", {"breakpoints": [{"line": 3}], "source": {"path": path}, "sourceModified": False})
    ask("configurationDone", {})
    client.execute(CODE)
    thread = event("stopped")["threadId"]
    frame = ask("stackTrace", {"threadId": thread})["stackFrames"][0]
    ask("source", {"source": {"path": frame["source"]["path"]}, "sourceReference": 0})
    scope = ask("scopes", {"frameId": frame["id"]})["scopes"][0]
    found = ask("variables", {"variablesReference": scope["variablesReference"]})["variables"]
    [values] = [v for v in found if v["name"] == "values"]
    ask("variables", {"variablesReference": values["variablesReference"]})
    ask("richInspectVariables", {"variableName": "values", "frameId": frame["id"]})
    ask("evaluate", {"context": "repl", "expression": "values", "frameId": frame["id"]})
    ask("threads", {})
    ask("debugInfo", {})
    ask("next", {"threadId": thread})
    event("stopped")
    ask("continue", {"threadId": thread})
    ask("frobnicate", {})
    ask("disconnect", {"restart": False, "terminateDebuggee": False})
finally:
    client.stop_channels()
    manager.shutdown_kernel(now=True)
print(json.dumps(shapes))
