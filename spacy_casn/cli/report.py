"""`python -m spacy casn report`."""

from pathlib import Path
from typing import Annotated

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from .errors import clear_errors
from .printing import msg


def report_cli(
    model: Annotated[str, Argument(help="Pipeline: a directory or an installed package.")],
    data: Annotated[Path, Argument(help="Labelled dialogues: a .spacy file.")],
    output: Annotated[Path, Argument(metavar="OUT", help="The report: an .html file.")],
    before: Annotated[
        str | None,
        Option(help="Pipeline that training started from, to put its map of turns beside."),
    ] = None,
    log: Annotated[
        list[Path] | None,
        Option(help="Training log, --training.logger.output_file; may be repeated, one a stage."),
    ] = None,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Show how a pipeline does: figures, confusions, calibration, curves, worst errors.

    python -m spacy casn report training/sample/triplet/model-best corpus/sample/test.spacy
    report.html --before training/sample/ce/model-best --log training/sample/ce.jsonl
    --log training/sample/triplet.jsonl

    The report is one file that needs no network. It needs the extra `report`.
    """
    from ..visualization.report import write_report

    with clear_errors():
        setup_gpu(gpu_id, silent=True)
        left_out = write_report(model, data, output, before=before, logs=log or ())
    for sentence in left_out:
        msg.info(f"Left out. {sentence}")
    msg.good(f"Wrote '{output}'.")
