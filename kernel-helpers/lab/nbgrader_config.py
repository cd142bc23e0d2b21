"""nbgrader's settings for the checkout: its course, its grader, its folders.

install.sh puts this file into .venv/etc/jupyter, where nbgrader's commands and
its panels in JupyterLab read it. What a course says in a file of the same name
in its own folder comes on top, where nbgrader is started in that folder.
"""

import os
import sys

c = get_config()  # noqa: F821, defined by Jupyter where it reads this file

checkout = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
shared = os.path.join(checkout, ".lab", "shared")


def class_folder():
    """Returns the class's folder of an installation for many users, or None."""
    folder = os.environ.get("SPEEDUP_CLASS")
    if not folder:
        try:
            with open(os.path.join(shared, "class")) as f:
                folder = f.read().strip()
        except OSError:
            return None
    return folder


def for_one_user():
    """Everything stays inside the checkout; nothing goes to the home folder."""
    own = os.path.join(checkout, ".lab", "nbgrader")
    c.Exchange.root = os.path.join(own, "exchange")
    c.Exchange.cache = os.path.join(own, "cache")
    c.Exchange.assignment_dir = os.path.join(checkout, "notebooks", "homework")
    return os.path.join(checkout, "notebooks", "coursework")


def for_many_users(folder):
    """Nothing is inside the checkout: students hand in at the exchange of the class.

    Without a class there is nbgrader's own exchange, or the one that /etc/jupyter or a
    user's own nbgrader_config.py names.
    """
    homework = os.path.join(os.environ.get("SPEEDUP_NOTEBOOKS") or os.path.expanduser("~/speedup"), "homework")
    try:
        os.makedirs(homework, mode=0o700, exist_ok=True)  # nbgrader's panel fails without it
    except OSError:
        pass  # nbgrader names the folder when it needs it
    c.Exchange.assignment_dir = homework
    c.CourseDirectory.course_id = "speedup"
    if not folder:
        course = os.path.join(checkout, "notebooks", "coursework")
        return course if os.access(os.path.join(course, "source"), os.W_OK) else None  # the owner's
    c.Exchange.root = os.path.join(folder, "exchange")
    course = os.path.join(folder, "course")
    if os.access(course, os.W_OK):
        return course  # this is the course's own account
    if os.environ.get("JUPYTERHUB_USER") and os.environ.get("JUPYTERHUB_API_TOKEN"):
        c.Authenticator.plugin_class = "nbgrader.auth.JupyterHubAuthPlugin"
    return None


if class_folder() or os.path.exists(os.path.join(shared, "id")):
    course = for_many_users(class_folder())
else:
    course = for_one_user()

if course and os.path.exists(os.path.join(course, "nbgrader_config.py")):
    load_subconfig("nbgrader_config.py", path=course)  # noqa: F821, as above

# nbgrader makes a gradebook with alembic, which is beside it but not on PATH
# where .venv isn't activated.
os.environ["PATH"] = os.pathsep.join([os.path.join(sys.prefix, "bin"), os.environ.get("PATH", os.defpath)])

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
