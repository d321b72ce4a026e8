"""What moves in a lecture: figures with controls, and questions to answer before reading on."""

from __future__ import annotations

import gc
import html
import io
import random
import zlib
from collections.abc import Callable, Collection, Sequence

import ipywidgets as ipw
from IPython.display import display
from IPython.utils.capture import capture_output
from jupyterquiz import display_quiz
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from tqdm import tqdm

from questions import Question


class Moving(ipw.VBox):
    """A figure below its controls, drawn again whenever one of them moves.

    Args:
        draw: makes the figure from the controls' values, given by name.
        controls: by the names of the arguments of `draw`.
    """

    def __init__(self, draw: Callable[..., Figure], **controls: ipw.ValueWidget) -> None:
        self.draw, self.controls = draw, controls
        self.picture = ipw.Image(format="png", layout={"max_width": "100%"})
        self._places: list[Bbox] = []
        self._start = {name: control.value for name, control in controls.items()}
        self._reset = ipw.Button(description="start again", layout={"width": "auto"})
        self._reset.on_click(lambda _: self.reset())
        for control in controls.values():
            control.observe(lambda _: self.redraw(), "value")
        row = ipw.HBox([*controls.values(), self._reset], layout={"flex_flow": "row wrap"})
        super().__init__([row, self.picture])
        self.redraw()
        # A lecture holds half a million objects. Looking through them for garbage stops a move for a quarter of a
        # second now and then; what is here by now stays, so the collector need not look at it again.
        gc.collect()
        gc.freeze()

    def redraw(self) -> None:
        """Draw the figure for what the controls say now."""
        figure = self.draw(**{name: control.value for name, control in self.controls.items()})
        canvas = FigureCanvasAgg(figure)
        # Axes stay where the first drawing put them: what moves is the content, and a move takes half the time.
        if self._places:
            figure.set_layout_engine("none")
            for ax, place in zip(figure.axes, self._places, strict=True):
                ax.set_position(place)
        else:
            figure.draw_without_rendering()  # lays it out once; drawing does so again, and then it has settled
        with io.BytesIO() as file:
            # `savefig` would draw twice. Runs of one colour are what there is to compress, and are quickly found.
            canvas.print_png(file, pil_kwargs={"compress_type": zlib.Z_RLE})
            self.picture.value = file.getvalue()
        self._places = [ax.get_position(original=True) for ax in figure.axes]

    def reset(self) -> None:
        """Put every control back where it started."""
        for name, value in self._start.items():
            self.controls[name].value = value

    def __repr__(self) -> str:
        """Say in a page without a kernel what would be here."""
        return "(A figure that moves when the notebook runs.)"


def slider(label: str, low: float, high: float, value: float, step: float = 1) -> ipw.ValueWidget:
    """Make a slider; over whole numbers where `step` is one."""
    kind = ipw.IntSlider if isinstance(step, int) else ipw.FloatSlider
    look = {"style": {"description_width": "initial"}, "layout": {"width": "24em"}}
    return kind(value=value, min=low, max=high, step=step, description=label, **look)


def switch(label: str) -> ipw.ValueWidget:
    """Make a switch, off at the start."""
    return ipw.Checkbox(value=False, description=label, indent=False, layout={"width": "auto"})


def choice(label: str, options: Sequence[str]) -> ipw.ValueWidget:
    """Make a row of buttons of which one is pressed; the first at the start."""
    return ipw.ToggleButtons(options=options, description=label, style={"button_width": "auto"})


def text_field(label: str, value: str) -> ipw.ValueWidget:
    """Make a field to type into."""
    return ipw.Text(value=value, description=label, style={"description_width": "initial"})


class Progress(tqdm):
    """A progress bar that takes one line of a notebook's output, and of its file: the line as it was last."""

    def __init__(self, things: Collection, label: str, unit: str) -> None:
        self.line = display({"text/plain": label}, raw=True, display_id=True)
        super().__init__(things, label, unit=f" {unit}", file=io.StringIO(), mininterval=0.5, ncols=80)

    def display(self, msg: str | None = None, pos: int | None = None) -> None:
        """Write the bar as it is now over the bar as it was."""
        self.line.update({"text/plain": msg or str(self)}, raw=True)


def ask(question: Question) -> None:
    """Show a question to answer before reading on. Nothing is kept and nothing is fetched."""
    answers = [
        {"answer": _code(answer), "correct": place == 0, "feedback": _code(why)}
        for place, (answer, why) in enumerate(question.answers.items())
    ]
    item = {"type": "multiple_choice", "question": _code(question.text), "answer_cols": 1, "answers": answers}
    state = random.getstate()
    random.seed(question.text)  # the quiz names itself by chance: the same notebook should give the same file
    with capture_output() as shown:
        display_quiz([item], max_width=720, colors=_COLOURS)
    random.setstate(state)
    page, script = (output.data for output in shown.outputs)
    display(
        {"text/html": page["text/html"] + _INK, "text/plain": "(A question, when the notebook runs.)"},
        raw=True,
    )
    # Where a page has no complete MathJax, the quiz would load one from the network. We write no formulas in it.
    code = script["application/javascript"].replace("typeof MathJax", "typeof NoMathJax")
    display({"application/javascript": code, "text/plain": ""}, raw=True)


def _code(text: str) -> str:
    """Make HTML of a text with `code` in it, in the colours of what is around it."""
    parts = html.escape(text).split("`")
    look = "background: none; color: inherit"
    return "".join(f'<code style="{look}">{part}</code>' if i % 2 else part for i, part in enumerate(parts))


# The explanation is in the ink of its page: no green and no red reads well on a light page and on a dark one.
_INK = "<style>.Quiz .Feedback { color: inherit }</style>"
# On every ground the words stand out by 4.5 to 1 or more.
_COLOURS = {
    "--jq-multiple-choice-bg": "#22384d",
    "--jq-mc-button-bg": "#fbfaf7",
    "--jq-mc-button-border": "#7b8088",
    "--jq-incorrect-color": "#c0382d",
    "--jq-correct-color": "#007f5c",
    "--jq-text-color": "#fbfaf7",
}
