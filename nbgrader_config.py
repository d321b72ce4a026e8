"""Folders and plug-ins of nbgrader; nothing else. Its commands and the formgrader read this file."""

from nbgrader.server_extensions.formgrader.handlers import template_path

from rnn_autograder.harmless import TEMPLATES

c = get_config()  # noqa: F821

c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "assignments"
# nbgrader releases every sibling of a source notebook: the solution scripts must not be among them.
c.CourseDirectory.ignore.extend(["*.py", "jupytext.toml"])

c.Autograde.exporter_class = "rnn_autograder.nbgrader_plugin.ReadSubmission"
c.Autograde.sanitize_preprocessors = [
    "rnn_autograder.nbgrader_plugin.Rebuild",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.autograde_preprocessors = [
    "rnn_autograder.nbgrader_plugin.TrustedExecute",
    "nbgrader.preprocessors.LimitOutput",
    "rnn_autograder.nbgrader_plugin.SaveGrades",
    "rnn_autograder.nbgrader_plugin.Explain",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

# What a stranger wrote is shown in the formgrader's own page: nothing of it may run, be fetched or lead away.
c.HTMLExporter.filters = {"markdown2html": "rnn_autograder.harmless.markdown_to_html"}
c.HTMLExporter.extra_template_basedirs = [TEMPLATES, template_path]
c.GenerateFeedback.preprocessors = [
    "nbgrader.preprocessors.GetGrades",
    "rnn_autograder.nbgrader_plugin.Summarize",
]

# `nbgrader zip_collect A` on what Moodle and Canvas pack; `autograder collect A FILE.zip` is the short way there.
c.ZipCollectApp.extractor_plugin = "rnn_autograder.collecting.Unpack"
c.ZipCollectApp.collector_plugin = "rnn_autograder.collecting.Collect"
