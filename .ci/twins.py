"""Keep a notebook and the `.py` beside it from overwriting each other.

    python .ci/twins.py unedited SCRIPT ...    fails, with a sentence, where a notebook was edited in JupyterLab
    python .ci/twins.py scripts SCRIPT ...     writes what was edited there into the scripts

A notebook counts as edited where git sees a change in it and none in its script, and the two do not say the same.
"""

import subprocess
import sys
from pathlib import Path

import jupytext
from nbformat import NotebookNode


def unedited(scripts: list[Path]) -> None:
    """Refuse to go on where a notebook holds what its script does not."""
    if found := list(filter(is_edited, scripts)):
        sys.exit(
            f"Edited in JupyterLab: {_list(found)}. `make scripts` writes that into the script of a solution; "
            "`git checkout NOTEBOOK` throws it away. Nothing was written."
        )


def scripts(scripts: list[Path]) -> None:
    """Write each edited notebook into its script; both twins edited is for a person to sort out."""
    if both := [
        script
        for script in scripts
        if _changed(script) and _changed(_notebook(script)) and not is_twin(script)
    ]:
        sys.exit(
            f"Both edited, the notebook and the script: {_list(both)}. `make notebooks` takes the script's side, "
            "`git checkout SCRIPT` the notebook's. Nothing was written."
        )
    for script in (edited := list(filter(is_edited, scripts))):
        # Which metadata a script keeps stands in `jupytext.toml`.
        command = [sys.executable, "-m", "jupytext", "--quiet", "--to", "py:percent", str(_notebook(script))]
        subprocess.run(command, check=True)
        print(f"{script}: written from its notebook. See `git diff`, then `make notebooks release`.")
    if not edited:
        print("No solution's notebook holds anything that its script does not.")


def is_edited(script: Path) -> bool:
    """Whether the notebook beside a script was edited, and the script was not."""
    return _changed(_notebook(script)) and not _changed(script) and not is_twin(script)


def is_twin(script: Path) -> bool:
    """Whether a script and its notebook say the same."""
    return _seen(jupytext.read(script)) == _seen(jupytext.read(_notebook(script)))


def _seen(notebook: NotebookNode) -> list[tuple[object, ...]]:
    return [
        (cell.cell_type, cell.source, cell.metadata.get("nbgrader"), cell.metadata.get("tags"))
        for cell in notebook.cells
    ]


def _notebook(script: Path) -> Path:
    return script.with_suffix(".ipynb")


def _changed(path: Path) -> bool:
    """Whether git sees a change since the last commit."""
    command = ["git", "diff", "--quiet", "HEAD", "--", str(path)]
    return subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == 1


def _list(scripts: list[Path]) -> str:
    return ", ".join(str(_notebook(script)) for script in scripts)


if __name__ == "__main__":
    {"unedited": unedited, "scripts": scripts}[sys.argv[1]]([Path(name) for name in sys.argv[2:]])
