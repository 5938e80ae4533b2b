"""`python -m spacy casn calibrate`."""

from pathlib import Path
from typing import Annotated

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from .errors import clear_errors
from .printing import msg


def calibrate_cli(
    model: Annotated[Path, Argument(help="Pipeline directory; its temperature is saved there.")],
    data: Annotated[
        list[Path], Argument(help="Labelled dialogues that training didn't see: .spacy files.")
    ],
    vectors_file: Annotated[
        Path | None,
        Option(
            help="The vectors that training of a frozen encoder kept (`paths.vectors_file`): "
            "turns are not encoded again."
        ),
    ] = None,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Fit a pipeline's probabilities, so that 0.8 is right in four of five cases.

    python -m spacy casn calibrate training/sample/ce/model-best corpus/sample/dev.spacy
    """
    from ..evaluation.evaluate import calibrate

    with clear_errors():
        setup_gpu(gpu_id, silent=True)
        temperature = calibrate(model, data, vectors_file)
    msg.good(
        f"Calibrated '{model}' on '{', '.join(map(str, data))}': temperature {temperature:.3f}."
    )
