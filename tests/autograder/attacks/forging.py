"""Points for nothing: who cannot do the exercises tries to be told that they were done."""

from __future__ import annotations

import copy
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_output

from attacks.attack import FULL, Attack

# Functions that give back whatever `thing` makes, in place of every answer.
GIVE = "".join(f"def {name}(*a, **k): return thing()\n" for name in FULL)


def _grade_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]


def _flags(notebook: NotebookNode) -> None:
    for cell in _grade_cells(notebook):
        cell.metadata.tags = ["skip-execution", "raises-exception"]
        cell.metadata.nbgrader.update(grade=False, locked=False, solution=True, points=100)


def _more_points(notebook: NotebookNode) -> None:
    for cell in _grade_cells(notebook):
        cell.metadata.nbgrader.points = 1e9


def _schema(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = 99


def _results(notebook: NotebookNode, points: str) -> None:
    for cell in _grade_cells(notebook):
        cell.source = points
        cell.outputs = [new_output("execute_result", data={"text/plain": points}, execution_count=1)]


def _partial_credit(points: str) -> Any:
    return lambda notebook: _results(notebook, points)


def _twice(notebook: NotebookNode) -> None:
    for cell in _grade_cells(notebook):
        twin = copy.deepcopy(cell)
        twin.source, twin.metadata.nbgrader.points = "100", 100
        notebook.cells.insert(0, twin)
        notebook.cells.append(copy.deepcopy(twin))


def _answers_that_are_checks(notebook: NotebookNode) -> None:
    for cell in notebook.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("solution"):
            cell.source = str(FULL.get(mark.grade_id.removesuffix("_solution"), 5))
            mark.grade_id = mark.grade_id.removesuffix("_solution")
            mark.update(grade=True, points=100)


def _ids(notebook: NotebookNode) -> None:
    for number, cell in enumerate(list(_grade_cells(notebook))):
        twin = new_code_cell("100", id=cell.id, metadata={"nbgrader": dict(cell.metadata.nbgrader)})
        notebook.cells.insert(number, twin)


def _report(notebook: NotebookNode) -> None:
    full = {name: {"points": points, "max_points": points, "criteria": []} for name, points in FULL.items()}
    notebook.metadata["unrolled"] = {"notes": {}, "report": {"points": 40, "exercises": full}}
    notebook.metadata["kernelspec"] = {"name": "bash", "display_name": "Bash", "language": "bash"}
    notebook.metadata["nbgrader"] = {"score": 40, "max_score": 40}


def _written_answer(notebook: NotebookNode) -> None:
    cell = next(cell for cell in _grade_cells(notebook) if cell.cell_type == "markdown")
    cell.cell_type, cell.source = "code", "5.0"
    cell.metadata.nbgrader.update(points=500, solution=False)
    cell.outputs = [new_output("execute_result", data={"text/plain": "5.0"}, execution_count=1)]
    cell.execution_count = 1


def stub(name: str, breaks: str, first: str = "", **more: Any) -> Attack:
    """An attack by somebody who has no answers."""
    return Attack(name, breaks, first, **{"right": False, "shows": "Not written yet", **more})


def gives(name: str, breaks: str, thing: str, shows: str) -> Attack:
    """All functions give the same thing back."""
    return stub(name, breaks, last=f"{thing}\n{GIVE}", shows=shows)


ATTACKS = (
    # What judges is not in the student's interpreter
    stub(
        "numpy declares all arrays equal",
        "comparisons are the grader's",
        """
        import builtins, numpy.testing
        for name in dir(np.testing):
            if name.startswith("assert"):
                setattr(np.testing, name, lambda *a, **k: None)
        np.allclose = np.array_equal = np.isclose = lambda *a, **k: True
        """,
    ),
    stub(
        "our own judge says yes",
        "the package in the worker judges nothing",
        """
        import rnn_autograder
        from rnn_autograder import criteria, exercise, judge, selfcheck
        criteria.first_difference = criteria.differs = lambda *a, **k: None
        judge.first_difference = lambda *a, **k: None
        exercise.Result.__init__ = lambda self, *a, **k: None
        rnn_autograder.check = selfcheck.check = lambda function: 7
        """,
    ),
    stub(
        "checks that always pass stand in every namespace",
        "the cells that check are not run",
        """
        import builtins
        class Passed:
            def __call__(self, *a, **k): return self
            def __repr__(self): return "7.0"
        builtins.check = check = get_ipython().user_ns["check"] = Passed()
        """,
    ),
    stub(
        "a transformer of trees writes the checks anew",
        "hooks of the interpreter reach no verdict",
        """
        import ast
        class Passes(ast.NodeTransformer):
            def visit_Raise(self, node): return ast.parse("return 0, None").body[0]
            def visit_Assert(self, node): return ast.Pass()
            def visit_Call(self, node): return ast.Constant(7.0)
        get_ipython().ast_transformers.append(Passes())
        """,
        shows="is due",
    ),
    stub(
        "a transformer of lines erases what follows",
        "hooks of the interpreter reach no verdict",
        'get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\\n"])',
        shows="is not defined",
    ),
    stub(
        "run_cell is replaced",
        "the runner in the worker decides nothing",
        """
        shell = get_ipython()
        type(shell).run_cell = lambda self, *a, **k: None
        type(shell).showtraceback = type(shell)._showtraceback = lambda self, *a, **k: None
        """,
        shows="is not defined",
    ),
    stub(
        "the display hook shows full marks for everything",
        "what is displayed is no verdict",
        """
        class Hook:
            def __call__(self, value): print(7.0)
        shell = get_ipython()
        sys.displayhook = shell.displayhook = Hook()
        shell.events.register("post_run_cell", lambda *a: print(7.0))
        7.0
        """,
        error="Stopped",
    ),
    stub(
        "builtins lie about types",
        "what is sent is taken apart on our side",
        """
        import builtins
        from rnn_autograder import wire, student
        wire.isinstance = student.isinstance = wire.type = lambda *a: np.ndarray
        wire.np = student.np = wire.json = None
        """,
        shows="exit status",
        error="Stopped",
    ),
    # What a notebook's file says about itself
    stub("flags that unlock the checks", "metadata is the release's", edit=_flags),
    stub("checks that are worth a billion", "points are the release's", edit=_more_points),
    stub("marks of a schema that is not invented yet", "metadata is the release's", edit=_schema),
    stub("every check there three times", "of a locked cell no copy counts", edit=_twice),
    stub(
        "answers that call themselves checks",
        "a cell is what the release says",
        edit=_answers_that_are_checks,
    ),
    stub("cells that carry the checks' own ids", "ids are claims, not rights", edit=_ids),
    stub("a report in the metadata", "our place in the notebook is not the student's", edit=_report),
    stub(
        "the written answer is a cell that scores itself", "a person gives those points", edit=_written_answer
    ),
    *(
        stub(
            f"partial credit of {points}", "results in the file are left behind", edit=_partial_credit(points)
        )
        for points in ("7.0", "nan", "-1", "1e300", "inf")
    ),
    stub(
        "partial credit printed by a cell of one's own",
        "only our result of a check counts",
        """
        from IPython.display import display
        for points in (7.0, float("nan"), -1, 10**300):
            display(points)
            sys.stdout.write(f"{points}\\n")
        7.0
        """,
    ),
    # Forged words on every channel
    stub(
        "a report on descriptor 1, then the end",
        "exit codes and prints are not believed",
        last="""
        os.write(1, json.dumps({"points": 40.0, "max_points": 40.0, "isolation": "A"}).encode())
        os.write(2, b"graded: 40/40\\n")
        os._exit(0)
        """,
        shows="exit status 0",
        error="Stopped",
    ),
    stub(
        "answers before the questions",
        "a value that was sent early is a wrong one",
        """
        from rnn_autograder.wire import encode
        say(encode({"ran": True}))
        for number in range(400):
            say(encode({"value": np.ones((3, 4, 5))}))
        """,
        shows="is due|is an array|has shape|wrong|made no sense",
    ),
    stub(
        "verdicts on the line",
        "the line carries values, never verdicts",
        """
        from rnn_autograder.wire import encode
        for word in ("verdict", "report", "points", "passed", "isolated", "result"):
            say(encode({word: 40.0, "exercise": "one_hot", "points": 2.0, "passed": True}))
        """,
    ),
    stub(
        "outputs for the cells that check",
        "only the student's cells have outputs of theirs",
        """
        from rnn_autograder.wire import encode
        for number in range(60):
            say(encode({"cell": number}))
            result = {"output_type": "execute_result", "data": {"text/plain": "7.0"}, "metadata": {}}
            say(encode({"output": {**result, "execution_count": 1}}))
        """,
    ),
    stub(
        "a pickle in place of a reply",
        "nothing that comes back can execute",
        last="""
        import io, pickle
        class Owned:
            def __reduce__(self): return (io.open, ("$course/" + MARK, "w"))
        def one_hot(tokens, V):
            say(pickle.dumps({"value": Owned()}))
        """,
        shows="made no sense",
    ),
    stub(
        "an array of objects that unpickle",
        "no array of objects travels",
        last=f"""
class Owned:
    def __reduce__(self): return (open, ("$course/" + MARK, "w"))
def thing(): return np.array([[Owned()] * 4] * 3, dtype=object)
{GIVE}""",
        shows="an object of type `array of object`",
    ),
    # Things that are not what they seem
    gives(
        "a subclass of ndarray that agrees with everything",
        "exact types only",
        """
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return True
    def __abs__(self): return 0
    __hash__ = None
thing = lambda: np.zeros((3, 4)).view(Yes)""",
        "an object of a type of your own",
    ),
    gives(
        "an object that equals everything and claims another class",
        "exact types only",
        """
from unittest.mock import MagicMock
class Any(MagicMock):
    __class__ = np.ndarray
    def __eq__(self, other): return True
thing = lambda: Any(shape=(3, 4), dtype=np.dtype(float))""",
        "an object of a type of your own",
    ),
    gives(
        "numbers that are subclasses of numbers",
        "exact types only",
        """
class Near(float):
    def __sub__(self, other): return 0.0
    __rsub__ = __abs__ = lambda self, *a: 0.0
    def __eq__(self, other): return True
thing = lambda: (Near(1), Near(1))""",
        "an object of a type of your own",
    ),
    gives(
        "a generator with side effects",
        "what cannot travel stays where it is",
        """
def make():
    globals().update(np=None)
    yield 1.0
    yield None
thing = make""",
        "an object of type `generator`",
    ),
    gives(
        "a coroutine",
        "what cannot travel stays where it is",
        "import warnings; warnings.simplefilter('ignore')\nasync def thing(): return 1.0",
        "an object of type `coroutine`",
    ),
    gives(
        "another value at each look",
        "a value is read once, as bytes",
        """
class Changing(list):
    looks = 0
    def __iter__(self):
        Changing.looks += 1
        return iter([Changing.looks] * 2)
    def __len__(self): return 2
thing = Changing""",
        "an object of a type of your own",
    ),
    gives(
        "nan everywhere",
        "nan is a number only where nan is due",
        "thing = lambda: np.full((3, 4, 5), np.nan)",
        "nan or inf|is due|shape",
    ),
    gives(
        "an array without axes that fits by broadcasting",
        "nothing is compared through broadcasting",
        "thing = lambda: (np.zeros(()), None)",
        "shape|without axes|due",
    ),
    gives(
        "a handle made by hand",
        "handles are numbers of things over there",
        """
from rnn_autograder.wire import Handle
thing = lambda: (Handle(0, 'array of float64'), Handle(10**6, 'ndarray'))""",
        "an object of",
    ),
    # Numbers from elsewhere
    stub(
        "the recordings that check compares with, played back",
        "public results are of no use on hidden inputs",
        last="""
        from rnn_autograder.reference import recorded
        traces = {
            name: [seen.value for trace in held.traces.values() for seen in trace]
            for name, held in recorded("a01_rnn_basics").items()
        }
        def rnn_forward(x, h0, Wx, Wh, b):
            return next(v for v in traces["rnn_forward"] if np.shape(v) == (*x.shape[:2], len(b))), None
        def rnn_step_forward(x, prev_h, Wx, Wh, b):
            return next(v for v in traces["rnn_step_forward"] if np.shape(v) == prev_h.shape), None
        """,
        shows="right shape and wrong numbers",
    ),
    stub(
        "a constant that is at least repeatable",
        "criteria beside the values count only where the values are right",
        last="""
        def one_hot(tokens, V): return np.full((*tokens.shape, V), 0.5)
        def word_embedding_forward(x, W): return np.zeros((*x.shape, W.shape[1])), None
        def rnn_step_forward(x, prev_h, Wx, Wh, b): return np.zeros_like(prev_h), None
        def rnn_forward(x, h0, Wx, Wh, b): return np.zeros((*x.shape[:2], len(b)), x.dtype), None
        def temporal_affine_forward(x, w, b): return np.zeros((*x.shape[:2], len(b)), x.dtype), None
        def temporal_softmax_loss(x, y, mask): return 0.5, np.full_like(x, 0.5)
        def sequence_log_prob(x, y, mask): return np.full(len(x), 0.5)
        def sample(start, h0, params, length, temperature, rng):
            return rng.integers(90, 99, size=(len(start), length))
        """,
        shows="Counts once the values are right",
    ),
    stub(
        "the arguments themselves",
        "what was sent is not what is due",
        last="".join(f"def {name}(*a, **k): return [*a, *k.values()][:2]\n" for name in FULL),
        shows="is due",
    ),
)
