"""Run the notebooks in docs/notebooks, and store in them what their cells print.

python -m scripts.run_notebooks
"""

import io
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import chdir, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from spacy_casn.storage.files import replaced_when_whole

ROOT = Path(__file__).parent.parent
NOTEBOOKS = ROOT / "docs" / "notebooks"


def main() -> None:
    os.environ["ANSI_COLORS_DISABLED"] = "1"
    for path in sorted(NOTEBOOKS.glob("*.ipynb")):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        with TemporaryDirectory() as checkout:
            printed = printed_by(notebook, Path(checkout))
            for number, (cell, text) in enumerate(zip(code_cells(notebook), printed, strict=True)):
                cell["execution_count"] = number + 1
                cell["outputs"] = [stream(text)] if text else []
        with replaced_when_whole(path) as temporary:
            text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
            temporary.write_text(text, encoding="utf-8")


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    """Its cells of code, in their order."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def stored(cell: dict[str, Any]) -> str:
    """What the notebook says that a cell prints."""
    return "".join(line for output in cell["outputs"] for line in output["text"])


def printed_by(notebook: dict[str, Any], checkout: Path) -> Iterator[str]:
    """Run the cells one by one, and yield what each prints.

    They run in one namespace, in the folder where a checkout has its notebooks, with the sample
    corpus where it lies.

    Args:
        notebook: What stands in an .ipynb file.
        checkout: An empty folder to work in.
    """
    shutil.copytree(ROOT / "corpus" / "sample", checkout / "corpus" / "sample")
    folder = checkout / "docs" / "notebooks"
    folder.mkdir(parents=True)
    scope: dict[str, Any] = {}
    for cell in code_cells(notebook):
        with chdir(folder), redirect_stdout(io.StringIO()) as out:
            exec(compile("".join(cell["source"]), "notebook", "exec"), scope)
        yield out.getvalue()


def stream(text: str) -> dict[str, Any]:
    return {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}


if __name__ == "__main__":
    main()
