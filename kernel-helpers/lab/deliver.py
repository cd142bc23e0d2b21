"""Copies the course's notebooks to a user, and updates those that the user left alone.

usage: deliver.py FROM TO --record FILE

A file that the user has changed stays as it is, also where the course has a new one:
then a line says so. A file that is missing comes back. The record holds what was
delivered. The rules are nbgitpuller's, for whole files and without git.
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys
import tempfile


def courses(source):
    """Yields the paths of the files to deliver, relative to source."""
    for folder, folders, files in os.walk(source):
        top = pathlib.Path(folder) == source
        folders[:] = sorted(f for f in folders if not f.startswith(".") and not (top and f in ("coursework", "homework")))
        for name in sorted(files):
            if not name.startswith(".") and name != "measured.json":
                yield (pathlib.Path(folder) / name).relative_to(source)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def write(path, data):
    """Replaces path by data as a whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as f:
            f.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def deliver(source, target, record):
    """Returns the files that were delivered and those that the user's edits kept back."""
    try:
        known = json.loads(record.read_text())
    except (OSError, ValueError):
        known = {}
    delivered, kept = [], []
    for name in courses(source):
        ours, theirs, key = source / name, target / name, name.as_posix()
        new = digest(ours)
        if not theirs.exists():
            write(theirs, ours.read_bytes())
            delivered.append(key)
        elif digest(theirs) == new:
            pass
        elif digest(theirs) == known.get(key):
            write(theirs, ours.read_bytes())
            delivered.append(key)
        else:
            if known.get(key) != new:
                kept.append(key)
        known[key] = new if key not in kept else known.get(key, "")
    write(record, json.dumps(known, indent=1).encode())
    return delivered, kept


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("target", type=pathlib.Path)
    parser.add_argument("--record", type=pathlib.Path, required=True)
    options = parser.parse_args()
    try:
        delivered, kept = deliver(options.source, options.target, options.record)
    except OSError as e:
        print(f"deliver.py: {e}", file=sys.stderr)
        return 1
    if delivered:
        print(f"{len(delivered)} files of the course are new or updated in {options.target}")
    for name in kept:
        print(f"{options.target / name} has your changes and stays; the course has a newer one: {options.source / name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
