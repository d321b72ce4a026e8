"""Data sets of the course: they come with the install, and nothing is fetched."""

from rnn_datasets import memory
from rnn_datasets.batching import Batch, character_batches, pad, shuffled_batches
from rnn_datasets.dates import DATE_LANGUAGES, FIELDS, FORMS, Dates, date_forms, date_vocabularies, dates
from rnn_datasets.names import LATIN, OTHER_SCRIPTS, Names, names, without_diacritics
from rnn_datasets.prose import prose
from rnn_datasets.python_source import CLASS_NAMES, PythonSource, python_labels, python_source, syntax_classes
from rnn_datasets.scene_captions import COLOURS, PLACES, RELATIONS, SHAPES, SIZES, Caption, scene_vocabulary
from rnn_datasets.scene_questions import ANSWERS, QUESTION_KINDS, Questions, question_vocabulary, questions
from rnn_datasets.scenes import HELD_OUT, Scenes, render_scenes, scenes
from rnn_datasets.vocabulary import END, PAD, START, UNKNOWN, Vocabulary

__all__ = [
    "ANSWERS",
    "CLASS_NAMES",
    "COLOURS",
    "DATE_LANGUAGES",
    "END",
    "FIELDS",
    "FORMS",
    "HELD_OUT",
    "LATIN",
    "OTHER_SCRIPTS",
    "PAD",
    "PLACES",
    "QUESTION_KINDS",
    "RELATIONS",
    "SHAPES",
    "SIZES",
    "START",
    "UNKNOWN",
    "Batch",
    "Caption",
    "Dates",
    "Names",
    "PythonSource",
    "Questions",
    "Scenes",
    "Vocabulary",
    "character_batches",
    "date_forms",
    "date_vocabularies",
    "dates",
    "memory",
    "names",
    "pad",
    "prose",
    "python_labels",
    "python_source",
    "question_vocabulary",
    "questions",
    "render_scenes",
    "scene_vocabulary",
    "scenes",
    "shuffled_batches",
    "syntax_classes",
    "without_diacritics",
]
