"""Lets JupyterLab open the first notebook the first time, in place of an empty launcher.

usage: first_page.py WORKSPACES ROOT

WORKSPACES is the folder in which JupyterLab keeps what was open; ROOT is the folder
that it shows. Where JupyterLab has been used before, nothing happens.
"""

import json
import pathlib
import sys

first = "00-start-here.ipynb"
# How JupyterLab names the file of the workspace "default".
name = "default-37a8.jupyterlab-workspace"


def open_first(workspaces, root):
    if not (root / first).exists() or any(workspaces.glob("*.jupyterlab-workspace")):
        return
    widget = f"notebook:{first}"
    workspace = {
        "data": {
            "layout-restorer:data": {
                "main": {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [widget]}, "current": widget},
                "left": {"collapsed": False, "visible": True, "current": "filebrowser", "widgets": ["filebrowser"]},
            },
            widget: {"data": {"path": first, "factory": "Notebook"}},
        },
        "metadata": {"id": "default"},
    }
    workspaces.mkdir(parents=True, exist_ok=True)
    (workspaces / name).write_text(json.dumps(workspace))


if __name__ == "__main__":
    try:
        open_first(*map(pathlib.Path, sys.argv[1:]))
    except OSError as e:
        print(f"first_page.py: {e}", file=sys.stderr)
        sys.exit(1)
