"""Writes the results of a class into nbgrader's gradebook and autograded/.

`coursework grade` starts one process of this for all submissions, in the
course's folder, because starting nbgrader takes longer than recording a result.
The process reads submissions as lines of JSON and answers each with a line: what
went wrong, or what the gradebook says about it, with what a person graded.

It takes nbgrader's own steps with one exception: it doesn't copy other files that
were handed in, which may be anything (nbgrader would follow symbolic links).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

import nbformat
from nbgrader import preprocessors
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.apps import NbGrader
from nbgrader.converters import GenerateAssignment
from nbgrader.utils import parse_utc

import speedup_nbgrader

# nbgrader's steps of autograding, before and after our outputs are added. Each
# step opens the gradebook anew, so AFTER has only the two that are needed.
BEFORE = [
    preprocessors.ClearOutput,
    preprocessors.DeduplicateIds,
    preprocessors.OverwriteKernelspec,
    preprocessors.OverwriteCells,
    preprocessors.CheckCellMetadata,
]
AFTER = [preprocessors.LimitOutput, preprocessors.SaveAutoGrades]


class Recorder:
    """Records results in one course's gradebook."""

    def __init__(self, app: NbGrader) -> None:
        self.app = app
        self.course = app.coursedir
        self.known: set[str] = set()

    def record(self, submission: dict[str, Any]) -> dict[str, Any]:
        """Record a submission unless the gradebook has this result, and return what the gradebook says."""
        result = submission["result"]
        assignment, student = result["assignment"], result["student"]
        folder = Path(self.course.format_path(self.course.autograded_directory, student, assignment))
        with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
            self.ensure_assignment(gradebook, assignment)
            if self.is_current(gradebook, folder, result):
                return standing(gradebook, assignment, student)  # what a person graded since stays
            gradebook.update_or_create_student(student)
            timestamp = parse_utc(result.get("submitted"))
            gradebook.update_or_create_submission(assignment, student, timestamp=timestamp)
            folder.mkdir(parents=True, exist_ok=True)
            for name in [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]:
                text = submission["notebooks"].get(name)
                try:
                    graded = self.grade(text or self.released(assignment, name), name, result, gradebook)
                except Exception as e:
                    # A student's file must not prevent the grade from being recorded.
                    if text is None:
                        raise
                    self.app.log.error("%s, %s: graded without the student's own notebook: %s", student, name, e)
                    graded = self.grade(self.released(assignment, name), name, result, gradebook)
                write(folder / f"{name}.ipynb", graded)
            speedup_nbgrader.take_penalty(gradebook, assignment, student, result.get("penalty", 0))
            for name, text in submission["files"].items():
                write(folder / name, text)
            return standing(gradebook, assignment, student)

    def grade(self, text: str, name: str, result: dict[str, Any], gradebook: Gradebook) -> str:
        """Return a notebook after nbgrader's steps, with our outputs."""
        nb = nbformat.reads(text, as_version=nbformat.current_nbformat)
        resources = {
            "nbgrader": {
                "student": result["student"],
                "assignment": result["assignment"],
                "notebook": name,
                "db_url": self.course.db_url,
            }
        }
        for step in BEFORE:
            nb, resources = step(parent=self.app).preprocess(nb, resources)
        speedup_nbgrader.show(nb, name, result["assignment"], result, gradebook)
        for step in AFTER:
            nb, resources = step(parent=self.app).preprocess(nb, resources)
        text = nbformat.writes(nb) + "\n"
        text.encode()  # fails here if it can't be written
        return text

    def is_current(self, gradebook: Gradebook, folder: Path, result: dict[str, Any]) -> bool:
        """Return whether the gradebook has this very result."""
        try:
            gradebook.find_submission(result["assignment"], result["student"])
            for notebook in result["notebooks"]:
                nb = json.loads((folder / f"{notebook['name']}.ipynb").read_text())
                if nb["metadata"]["coursework"]["inputs"] != result["inputs"]:
                    return False
        except (MissingEntry, OSError, ValueError, KeyError, TypeError):
            return False
        return bool(result["notebooks"])

    def released(self, assignment: str, name: str) -> str:
        """Return the notebook as it was released, which replaces one that can't be read."""
        return Path(self.course.format_path(self.course.release_directory, ".", assignment), f"{name}.ipynb").read_text()

    def ensure_assignment(self, gradebook: Gradebook, assignment: str) -> None:
        """Add the assignment to the gradebook from source/, as releasing it does."""
        if assignment in self.known:
            return
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            release = self.course.release_directory
            with tempfile.TemporaryDirectory() as elsewhere:
                self.course.assignment_id = assignment
                self.course.release_directory = elsewhere
                try:
                    GenerateAssignment(coursedir=self.course, parent=self.app).start()
                finally:
                    self.course.release_directory = release
        self.known.add(assignment)


def standing(gradebook: Gradebook, assignment: str, student: str) -> dict[str, Any]:
    """Return a submission's score, and the marks that a person gave or has yet to give."""
    submission = gradebook.find_submission(assignment, student)
    marks = []
    for notebook in submission.notebooks:
        by_hand = {cell.name for cell in [*notebook.notebook.solution_cells, *notebook.notebook.task_cells]}
        comments = {comment.name: comment for comment in notebook.comments}
        for grade in notebook.grades:
            comment = comments.pop(grade.name, None)
            if grade.name in by_hand or grade.manual_score is not None or grade.extra_credit:
                marks.append({
                    "notebook": notebook.name,
                    "cell": grade.name,
                    "score": grade.score,
                    "max_score": grade.max_score,
                    "graded": not grade.needs_manual_grade,
                    "comment": comment.comment if comment else None,
                })  # fmt: skip
        for name, comment in comments.items():
            if comment.manual_comment:
                marks.append({"notebook": notebook.name, "cell": name, "comment": comment.manual_comment})
    penalty = submission.late_submission_penalty or 0
    return {"score": submission.score - penalty, "max_score": submission.max_score, "marks": marks}


def write(path: Path, text: str) -> None:
    """Replace a file completely or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=".new-", delete=False) as new:
        try:
            new.write(text)
            new.close()
            os.chmod(new.name, 0o644)
            os.replace(new.name, path)
        except BaseException:
            os.unlink(new.name)
            raise


def main(lines: TextIO, answers: TextIO) -> None:
    app = NbGrader()
    app.initialize([], root=os.getcwd())
    app.coursedir.root = os.getcwd()
    app.log_level = "ERROR"
    recorder = Recorder(app)
    for line in lines:
        try:
            answer = recorder.record(json.loads(line))
        except Exception as e:  # record the others nevertheless
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr  # so that nothing else is printed among the answers
    main(sys.stdin, answers)
