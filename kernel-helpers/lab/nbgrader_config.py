"""nbgrader's settings for the checkout: its course, its grader, its folders.

install.sh puts this file into .venv/etc/jupyter, where nbgrader's commands and
its panels in JupyterLab read it. What a course says in a file of the same name
in its own folder comes on top, where nbgrader is started in that folder.
"""

import os
import sys

c = get_config()  # noqa: F821, defined by Jupyter where it reads this file

checkout = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
course = os.path.join(checkout, "notebooks", "coursework")

if os.path.exists(os.path.join(course, "nbgrader_config.py")):
    load_subconfig("nbgrader_config.py", path=course)  # noqa: F821, as above

# nbgrader makes a gradebook with alembic, which is beside it but not on PATH
# where .venv isn't activated.
os.environ["PATH"] = os.pathsep.join([os.path.join(sys.prefix, "bin"), os.environ.get("PATH", os.defpath)])

# Students hand in and teachers collect inside the checkout; nothing goes to the
# home folder. A class on several machines shares a folder: see nbgrader's
# documentation of the exchange.
c.Exchange.root = os.path.join(checkout, ".lab", "nbgrader", "exchange")
c.Exchange.cache = os.path.join(checkout, ".lab", "nbgrader", "cache")
c.Exchange.assignment_dir = os.path.join(checkout, "notebooks", "homework")

# The answers are not run in the student's kernel, where they could give
# themselves any grade: `coursework grade` grades them, in a sandbox. Its result
# stands where nbgrader looks for the outputs of test cells. Late days follow
# coursework.json. Else these are nbgrader's own steps.
#
# Before that, a submitted notebook is replaced by the course's own with the
# student's answers, so that no markup, metadata or output of a student's runs in
# the formgrader, and no answer is lost because nbgrader refuses a file.
c.Autograde.sanitize_preprocessors = [
    "speedup_nbgrader.Intake",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# The formgrader serves other files of a submission from the teacher's own origin.
active = ["html", "htm", "xhtml", "xht", "shtml", "mhtml", "svg", "svgz", "xml", "xsl", "xslt", "js", "mjs", "swf", "pdf"]
c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "feedback",
    *("*." + "".join(f"[{letter}{letter.upper()}]" for letter in ending) for ending in active),
]
c.Autograde.autograde_preprocessors = [
    "speedup_nbgrader.Grade",
    "nbgrader.preprocessors.IgnorePattern",
    "nbgrader.preprocessors.LimitOutput",
    "nbgrader.preprocessors.SaveAutoGrades",
    "speedup_nbgrader.LatePenalty",
    "nbgrader.preprocessors.CheckCellMetadata",
]
# What students get back is the page of `coursework feedback`: nbgrader's own
# shows the hidden tests.
c.GenerateFeedback.exporter_class = "speedup_nbgrader.FeedbackExporter"

# The Validate button runs the notebook in the kernel, where the first cell of a
# session may have to be compiled from nothing.
c.Execute.timeout = 120
