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
            if not result.get("absent") and self.is_current(gradebook, folder, result):
                return standing(gradebook, assignment, student)  # what a person graded since stays
            gradebook.update_or_create_student(student)
            if result.get("absent"):
                return {"score": 0, "max_score": gradebook.find_assignment(assignment).max_score, "marks": []}
            timestamp = parse_utc(result.get("submitted"))
            gradebook.update_or_create_submission(assignment, student, timestamp=timestamp)
            folder.mkdir(parents=True, exist_ok=True)
            by_hand = kept_by_hand(gradebook, assignment, student, folder)
            for name in [notebook.name for notebook in gradebook.find_assignment(assignment).notebooks]:
                if name not in submission["notebooks"]:
                    raise ValueError(f"the result has no notebook {name}: grade the assignment again")
                graded = self.grade(submission["notebooks"][name], name, result, gradebook)
                write(folder / f"{name}.ipynb", graded)
            gradebook.db.commit()
            gradebook.db.expire_all()  # nbgrader's steps have sessions of their own
            keep_by_hand(gradebook, assignment, student, folder, by_hand, submission.get("checks") or {})
            speedup_nbgrader.take_penalty(gradebook, assignment, student, result.get("penalty", 0))
            for name, text in submission["files"].items():
                write(folder / name, text)
            return standing(gradebook, assignment, student)

    def remove(self, student: str) -> dict[str, Any]:
        """Remove a student from the gradebook, and return what it said about their submissions."""
        with Gradebook(self.course.db_url, self.course.course_id) as gradebook:
            try:
                submissions = gradebook.student_submissions(student)
                kept = {s.assignment.name: standing(gradebook, s.assignment.name, student) for s in submissions}
                gradebook.remove_student(student)
            except MissingEntry:
                kept = {}
            return {"removed": kept}

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
                points = {cell.name: cell.max_score for cell in gradebook.find_notebook(notebook["name"], result["assignment"]).grade_cells}
                for exercise in notebook["exercises"]:
                    grade = gradebook.find_grade(exercise["cell"], notebook["name"], result["assignment"], result["student"])
                    if grade.auto_score != min(exercise["score"], points[exercise["cell"]]):
                        return False
        except (MissingEntry, OSError, ValueError, KeyError, TypeError):
            return False
        return bool(result["notebooks"])

    def ensure_assignment(self, gradebook: Gradebook, assignment: str) -> None:
        """Bring the assignment in the gradebook up to date with source/, as releasing it does."""
        if assignment in self.known:
            return
        if not self.agrees(gradebook, assignment):
            release = self.course.release_directory
            with tempfile.TemporaryDirectory() as elsewhere:
                self.course.assignment_id = assignment
                self.course.release_directory = elsewhere
                try:
                    GenerateAssignment(coursedir=self.course, parent=self.app).start()
                finally:
                    self.course.release_directory = release
            gradebook.db.expire_all()
        self.known.add(assignment)

    def agrees(self, gradebook: Gradebook, assignment: str) -> bool:
        """Return whether the gradebook has the cells, texts and points of source/."""
        try:
            known = gradebook.find_assignment(assignment)
        except MissingEntry:
            return False
        folder = Path(self.course.format_path(self.course.source_directory, ".", assignment))
        names = {file.stem for file in folder.glob("*.ipynb")}
        if names != {notebook.name for notebook in known.notebooks}:
            return False
        for notebook in known.notebooks:
            nb = nbformat.read(folder / f"{notebook.name}.ipynb", as_version=nbformat.current_nbformat)
            points, texts = {}, {}
            for cell in nb.cells:
                marks = cell.metadata.get("nbgrader") or {}
                if marks.get("grade") or marks.get("task"):
                    points[marks["grade_id"]] = float(marks["points"])
                if marks.get("locked") and not marks.get("solution"):
                    texts[marks["grade_id"]] = cell.source
            if points != {cell.name: cell.max_score for cell in [*notebook.grade_cells, *notebook.task_cells]}:
                return False
            if any(texts.get(cell.name, cell.source) != cell.source for cell in notebook.source_cells):
                return False
            if not texts.keys() <= {cell.name for cell in notebook.source_cells}:
                return False
        return True


def answers_in(folder: Path, name: str) -> dict[str, str]:
    """Return the text of each answer in an autograded notebook, by grade_id; none if there is no such notebook."""
    try:
        cells = json.loads((folder / f"{name}.ipynb").read_text())["cells"]
        return {
            cell["metadata"]["nbgrader"]["grade_id"]: "".join(cell["source"])
            for cell in cells
            if cell["metadata"].get("nbgrader", {}).get("solution")
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def kept_by_hand(gradebook: Gradebook, assignment: str, student: str, folder: Path) -> dict[tuple[str, str], Any]:
    """Return what a person graded so far, with what they graded, by notebook and cell."""
    kept = {}
    for notebook in gradebook.find_submission(assignment, student).notebooks:
        answers = answers_in(folder, notebook.name)
        for grade in notebook.grades:
            graded = grade.manual_score is not None or grade.extra_credit is not None
            if graded or (grade.name in answers and not grade.needs_manual_grade):
                kept[notebook.name, grade.name] = {
                    "manual_score": grade.manual_score,
                    "extra_credit": grade.extra_credit,
                    "needs_manual_grade": grade.needs_manual_grade,
                    "of": (grade.auto_score, answers.get(grade.name)),
                }
    return kept


def keep_by_hand(
    gradebook: Gradebook,
    assignment: str,
    student: str,
    folder: Path,
    kept: dict[tuple[str, str], Any],
    checks: dict[str, list[str]],
) -> None:
    """Restore the state of what a person graded unless it changed, and mark the cells that a person has to look at."""
    for notebook in gradebook.find_submission(assignment, student).notebooks:
        answers = answers_in(folder, notebook.name)
        for grade in notebook.grades:
            before = kept.get((notebook.name, grade.name))
            if before is None:
                if grade.name in checks.get(notebook.name, []):
                    grade.needs_manual_grade = True
                continue
            grade.manual_score, grade.extra_credit = before["manual_score"], before["extra_credit"]
            if before["of"] == (grade.auto_score, answers.get(grade.name)):
                grade.needs_manual_grade = before["needs_manual_grade"]
    gradebook.db.commit()


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
            order = json.loads(line)
            answer = recorder.remove(order["remove"]) if "remove" in order else recorder.record(order)
        except Exception as e:  # record the others nevertheless
            answer = {"error": f"{type(e).__name__}: {e}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    answers, sys.stdout = sys.stdout, sys.stderr  # so that nothing else is printed among the answers
    main(sys.stdin, answers)
