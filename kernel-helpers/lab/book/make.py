"""Lays out what Jupyter Book builds: the notebooks, and settings for this build.

Usage: make.py CHECKOUT FOLDER [REPOSITORY]

A link that leaves the book leads to the repository, or is plain text if no address
of one is given.
"""

import base64
import json
import re
import shutil
import sys
from pathlib import Path

# A link of Markdown, but for pictures: [text](target).
LINK = re.compile(r"(?<!!)\[((?:[^\[\]]|\[[^\[\]]*\])*)\]\(([^()\s]+)\)")


def main(checkout: Path, folder: Path, repository: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    parts = checkout / "kernel-helpers" / "lab" / "book"
    pages = sorted((checkout / "notebooks").glob("[0-9][0-9]-*.ipynb"))
    pages.append(checkout / "notebooks" / "teaching" / "glossary.md")
    inside = {p.resolve() for p in pages}
    for page in pages:
        place = folder / page.relative_to(checkout)
        place.parent.mkdir(parents=True, exist_ok=True)

        def relink(text: str) -> str:
            return LINK.sub(lambda m: link(m, page, checkout, inside, repository), text)

        if page.suffix == ".md":
            place.write_text(relink(page.read_text("utf-8")), "utf-8")
            continue
        notebook = json.loads(page.read_text("utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = relink("".join(cell["source"]))
                unpack(cell, place)
        place.write_text(json.dumps(notebook, ensure_ascii=False), "utf-8")
    shutil.copy(parts / "_toc.yml", folder)
    settings = (parts / "_config.yml").read_text("utf-8")
    if repository:
        settings = settings.replace("use_repository_button: false", "use_repository_button: true")
        settings += f"repository:\n  url: {json.dumps(repository)}\n  branch: main\n"
        if (checkout / ".binder").is_dir():
            settings += "launch_buttons:\n  notebook_interface: jupyterlab\n  binderhub_url: https://mybinder.org\n"
    (folder / "_config.yml").write_text(settings, "utf-8")


def unpack(cell: dict, place: Path) -> None:
    """Write the pictures that are in a cell beside its notebook: MyST wants files."""
    for number, (name, kinds) in enumerate(cell.pop("attachments", {}).items()):
        for encoded in kinds.values():
            file = f"{place.stem}-{cell['id']}-{number}{Path(name).suffix}"
            (place.parent / file).write_bytes(base64.b64decode("".join(encoded)))
            cell["source"] = cell["source"].replace(f"attachment:{name}", file)


def link(m: re.Match, page: Path, checkout: Path, inside: set, repository: str) -> str:
    """Return a link as the book has it."""
    text, target = m.groups()
    file, _, anchor = target.partition("#")
    if not file or re.match(r"[a-z]+:", target):
        return m[0]
    path = (page.parent / file).resolve()
    if path in inside:
        return m[0]
    if not repository or not path.exists():
        return text
    kind = "tree" if path.is_dir() else "blob"
    return f"[{text}]({repository}/{kind}/main/{path.relative_to(checkout.resolve()).as_posix()}{'#' + anchor if anchor else ''})"


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]), "".join(sys.argv[3:]).removesuffix(".git").rstrip("/"))
