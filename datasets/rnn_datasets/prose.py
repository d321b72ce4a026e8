"""English prose: what Python's own help says on each topic."""

from __future__ import annotations

from pydoc_data.topics import topics

from rnn_datasets.alphabet import plain


def prose() -> str:
    """Give the help topics of the Python that runs, each paragraph once.

    The topics come in the order of their names. A topic that repeats a paragraph of an earlier one ("for" is
    a part of "compound") leaves it out.

    Returns:
        Paragraphs with an empty line between two, in printable ASCII and line ends.
    """
    paragraphs = (
        paragraph.rstrip() for name in sorted(topics) for paragraph in plain(topics[name]).split("\n\n")
    )
    return "\n\n".join(dict.fromkeys(filter(None, paragraphs))) + "\n"
