"""nbconvert --to script, and JupyterLab's "Executable Script", for Go notebooks."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import nbformat
from nbconvert.exporters import Exporter
from nbconvert.exporters.exporter import ResourcesDict
from nbconvert.utils.exceptions import ConversionException
from traitlets import default

TIMEOUT = 300  # seconds; packages may have to be compiled first


class GoExporter(Exporter):
    """Lets nbscript make one program of a notebook."""

    output_mimetype = "text/x-go"

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".go"

    def from_notebook_node(self, nb, resources=None, **kw):
        nb, resources = super().from_notebook_node(nb, resources, **kw)
        metadata = resources.get("metadata", ResourcesDict())
        name = metadata.get("name") or "notebook"
        folder = metadata.get("path") or os.getcwd()
        program, path = find_nbscript(nb)
        try:
            done = subprocess.run(
                [program, "--title", f"{name}.ipynb", "--dir", folder, "-"],
                input=nbformat.writes(nb).encode(),
                env={**os.environ, "PATH": path},
                capture_output=True,
                timeout=TIMEOUT,
            )
        except subprocess.TimeoutExpired as e:
            raise ConversionException(f"nbscript took more than {TIMEOUT} s") from e
        messages = done.stderr.decode(errors="replace").strip()
        if done.returncode != 0:
            raise ConversionException(messages or f"{program} failed with status {done.returncode}")
        if messages:
            self.log.warning(messages)
        return done.stdout.decode(), resources


def find_nbscript(nb) -> tuple[str, str]:
    """Return nbscript, which is beside the notebook's kernel, and the PATH on which
    it finds go: the kernel's, as a server's own need not have it."""
    path = os.environ.get("PATH", os.defpath)
    programs = []
    spec = kernelspec(nb.metadata.get("kernelspec", {}).get("name", "gonb"))
    if spec:
        argv = spec.get("argv", [])
        programs += [Path(a).with_name("nbscript") for a in argv[:1]]
        paths = [argv[i + 1] for i, a in enumerate(argv[:-1]) if a == "--path"]
        path = os.pathsep.join([*paths, path])
    programs.append(Path(__file__).resolve().parents[4] / "bin" / "nbscript")
    for program in programs:
        if os.access(program, os.X_OK):
            return str(program), path
    program = shutil.which("nbscript", path=path)
    if program is None:
        raise ConversionException(
            "nbscript was not found: run ./install.sh prepare in the checkout of the Go kernel"
        )
    return program, path


def kernelspec(name: str) -> dict | None:
    """Return kernel.json of an installed kernel."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        folder = KernelSpecManager().get_kernel_spec(name).resource_dir
        return json.loads(Path(folder, "kernel.json").read_text())
    except (NoSuchKernel, OSError, ValueError):
        return None
