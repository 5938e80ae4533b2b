"""`python -m spacy casn average`."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from .errors import clear_errors
from .printing import msg


def average_cli(
    output: Annotated[Path, Argument(help="The pipeline directory to write.")],
    models: Annotated[
        list[str], Argument(help="Pipelines that began with the same weights: directories.")
    ],
) -> None:
    """Make one pipeline of several, with the mean of their weights.

    python -m spacy casn average training/mean training/finetune-{0,1,2}/model-best

    It costs no more than each of them, and often labels better, above all what none of them
    has seen. Calibrate it before use.
    """
    from ..evaluation.averaging import average

    with clear_errors():
        average(models, output)
    msg.good(
        f"Wrote the mean of {len(models)} pipelines to '{output}': calibrate it next, by "
        f"`python -m spacy casn calibrate {output} DEV`."
    )
