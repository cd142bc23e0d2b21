"""Runs a notebook with nbclient: SOURCE TARGET. Adjacent outputs of one stream
are joined, as JupyterLab does and nbclient does not."""
import os
import sys

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

source, target = sys.argv[1:]
nb = nbformat.read(source, nbformat.NO_CONVERT)
folder = os.path.dirname(os.path.abspath(source))
try:
    NotebookClient(nb, record_timing=False, resources={"metadata": {"path": folder}}).execute()
except CellExecutionError:
    pass
for cell in nb.cells:
    joined = []
    for output in cell.get("outputs", []):
        last = joined[-1] if joined else {}
        if output.output_type == last.get("output_type") == "stream" and output.name == last["name"]:
            last["text"] += output.text
        else:
            joined.append(output)
    if cell.cell_type == "code":
        cell.outputs = joined
nbformat.write(nb, target)
