"""Brings the results of `coursework grade` into nbgrader's own steps.

nbgrader_config.py names these classes, so `nbgrader autograde`, the formgrader and
`nbgrader generate_feedback` use the results of our grader instead of running the
answers themselves. nbgrader changes to the course's folder while they run.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import Exporter
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output
from nbgrader import utils
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import default

CHECKOUT = next(folder for folder in Path(__file__).resolve().parents if (folder / "go.mod").is_file())

# What a terminal would obey. nbgrader's pages show it as markup or not at all.
CONTROLS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def coursework(command: str, assignment: str, student: str, *options: str) -> str:
    """Run our command in the course's folder and return what it prints. If it fails, raise an error that says why."""
    if assignment.startswith("-") or student.startswith("-"):
        raise ValueError(f"{assignment!r} of {student!r}: a name can't begin with -, as options do")
    line = [CHECKOUT / "bin" / "coursework", command, "--course=.", assignment, student, *options]
    done = subprocess.run(line, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"coursework {command} {assignment} {student}: {done.stderr.strip() or done.returncode}")
    return done.stdout


def read_result(assignment: str, student: str) -> dict[str, Any]:
    """Return the result that `coursework grade` wrote, in the course's folder."""
    return json.loads(Path("results", assignment, f"{student}.json").read_text())


def outputs(exercise: dict[str, Any], points: float) -> list[NotebookNode]:
    """Return the outputs of an exercise's test cell.

    nbgrader takes the grade from them (utils.determine_grade): an error means no
    points, and a result that is a number means as many points.
    """
    score = min(exercise["score"], points)
    lines = [f"{score:g} of {points:g} points"]
    lines += [problem["text"] for problem in exercise.get("problems") or []]
    for test in exercise["tests"]:
        mark = "\u2713" if test["status"] == "passed" else "\u2717"
        hidden = ", hidden" if test.get("hidden") else ""
        lines.append(f"{mark} {test['name']}: {test['status']}{hidden}, {test['points']:g} of {test['max_points']:g}")
        for message in [*(test.get("messages") or []), test.get("race", "")]:
            lines += ["    " + line for line in message.splitlines()]
    text = CONTROLS.sub("", "\n".join(lines))
    if score > 0 or points == 0:
        return [
            new_output("display_data", {"text/plain": text}),
            new_output("execute_result", {"text/plain": repr(score)}, execution_count=None),
        ]
    return [new_output("error", ename="NoPoints", evalue=f"0 of {points:g} points", traceback=text.splitlines())]


def show(nb: NotebookNode, notebook_id: str, assignment: str, result: dict[str, Any], gradebook: Gradebook) -> None:
    """Put a notebook's results into its test cells, and append test cells that were deleted.

    The notebook's metadata says which result it shows (see speedup_gradebook).
    """
    nb.metadata["coursework"] = {"inputs": result["inputs"]}
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in nb.cells if utils.is_grade(cell)}
    for notebook in result["notebooks"]:
        if notebook["name"] != notebook_id:
            continue
        for exercise in notebook["exercises"]:
            cell = cells.get(exercise["cell"])
            if cell is None:
                cell = restored(exercise["cell"], notebook_id, assignment, gradebook)
                nb.cells.append(cell)
            cell.outputs = outputs(exercise, float(cell.metadata.nbgrader.points))
            cell.execution_count = None


def restored(name: str, notebook_id: str, assignment: str, gradebook: Gradebook) -> NotebookNode:
    """Return the course's own version of a test cell."""
    source = gradebook.find_source_cell(name, notebook_id, assignment)
    graded = gradebook.find_graded_cell(name, notebook_id, assignment)
    cell = new_code_cell(source.source)
    cell.metadata.nbgrader = NotebookNode(
        grade=True, grade_id=name, locked=True, solution=False, task=False, schema_version=3,
        cell_type="code", checksum=source.checksum, points=graded.max_score,
    )  # fmt: skip
    return cell


class Intake(NbGraderPreprocessor):
    """Replaces a submitted notebook by the course's own, with the student's answers as harmless text."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        where = resources["nbgrader"]
        text = coursework("intake", where["assignment"], where["student"], where["notebook"])
        return nbformat.reads(text, as_version=nbformat.current_nbformat), resources


class Grade(NbGraderPreprocessor):
    """Grades a submission in our sandbox instead of running it in a kernel."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        where = resources["nbgrader"]
        coursework("grade", where["assignment"], where["student"], "--no-gradebook")
        result = read_result(where["assignment"], where["student"])
        with Gradebook(where["db_url"]) as gradebook:
            show(nb, where["notebook"], where["assignment"], result, gradebook)
        return nb, resources


class LatePenalty(NbGraderPreprocessor):
    """Sets the penalty for late days that the result has, by the rules of coursework.json."""

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        where = resources["nbgrader"]
        result = read_result(where["assignment"], where["student"])
        with Gradebook(where["db_url"]) as gradebook:
            take_penalty(gradebook, where["assignment"], where["student"], result.get("penalty", 0))
        return nb, resources


def take_penalty(gradebook: Gradebook, assignment: str, student: str, penalty: float) -> None:
    """Distribute a submission's penalty over its notebooks, as nbgrader keeps one for each."""
    try:
        submission = gradebook.find_submission(assignment, student)
    except MissingEntry:
        return
    for notebook in submission.notebooks:
        taken = min(penalty, notebook.score)
        notebook.late_submission_penalty = taken or None
        penalty -= taken
    gradebook.db.commit()


class FeedbackExporter(Exporter):
    """Exports the page of `coursework feedback` instead of nbgrader's."""

    export_from_notebook = None  # not offered in menus

    @default("file_extension")
    def _file_extension_default(self) -> str:
        return ".html"

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kw: Any) -> tuple[str, Any]:
        _, resources = super().from_notebook_node(nb, resources, **kw)
        where = resources["nbgrader"]
        coursework("feedback", where["assignment"], where["student"])
        page = Path("feedback", where["student"], where["assignment"], where["notebook"] + ".html")
        return page.read_text(), resources
