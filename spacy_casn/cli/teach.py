"""`python -m spacy casn teach`."""

from pathlib import Path
from typing import Annotated

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from .errors import clear_errors
from .printing import msg


def teach_cli(
    data: Annotated[Path, Argument(help="Labelled dialogues: a .spacy file.")],
    output: Annotated[Path, Argument(help="The .spacy file to write.")],
    teachers: Annotated[list[str], Argument(help="Pipelines: directories or packages.")],
    uncalibrated: Annotated[
        bool, Option("--uncalibrated", help="Take probabilities as training left them.")
    ] = False,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Write dialogues with what trained pipelines hold of them, for a smaller one to learn from.

    python -m spacy casn teach corpus/sample/train.spacy corpus/sample/taught.spacy pretrained

    Gold labels stay as they are. Beside them stand the teachers' probabilities, of several
    their mean; training with the objective spacy_casn.Distillation.v1 learns from both.
    """
    from ..evaluation.teaching import teach

    with clear_errors():
        setup_gpu(gpu_id, silent=True)
        dialogues = teach(data, output, teachers, calibrated=not uncalibrated)
    msg.good(f"Wrote {dialogues} dialogues, taught by {', '.join(teachers)}, to '{output}'.")
