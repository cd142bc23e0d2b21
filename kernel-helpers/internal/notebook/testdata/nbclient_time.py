"""Times nbclient. Arguments: a notebook without cells and one with cells.
Prints the seconds that the first takes, and those between the starts of the
cells of the second."""
import sys
import time

import nbformat
from nbclient import NotebookClient

empty, full = (nbformat.read(source, nbformat.NO_CONVERT) for source in sys.argv[1:])
begin = time.monotonic()
NotebookClient(empty).execute()
print(time.monotonic() - begin)
starts = []
NotebookClient(full, on_cell_execute=lambda **_: starts.append(time.monotonic())).execute()
for start, end in zip(starts, starts[1:]):
    print(end - start)
