"""Data sets of the course: they come with the install, and nothing is fetched unasked."""

from rnn_datasets import memory
from rnn_datasets.batching import Batch, character_batches, pad, shuffled_batches
from rnn_datasets.captions import caption_vocabulary, caption_words, encode_captions
from rnn_datasets.dates import DATE_LANGUAGES, FIELDS, FORMS, Dates, date_forms, date_vocabularies, dates
from rnn_datasets.digits import Digits, digits
from rnn_datasets.names import LATIN, OTHER_SCRIPTS, Names, names, without_diacritics
from rnn_datasets.photos import Photos, coco_captions, fetch_coco_captions, flickr8k, read_photos
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
    "Digits",
    "Names",
    "Photos",
    "PythonSource",
    "Questions",
    "Scenes",
    "Vocabulary",
    "caption_vocabulary",
    "caption_words",
    "character_batches",
    "coco_captions",
    "date_forms",
    "date_vocabularies",
    "dates",
    "digits",
    "encode_captions",
    "fetch_coco_captions",
    "flickr8k",
    "memory",
    "names",
    "pad",
    "prose",
    "python_labels",
    "python_source",
    "question_vocabulary",
    "questions",
    "read_photos",
    "render_scenes",
    "scene_vocabulary",
    "scenes",
    "shuffled_batches",
    "syntax_classes",
    "without_diacritics",
]
