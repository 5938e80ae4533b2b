"""`python -m spacy casn evaluate`."""

from pathlib import Path
from typing import Annotated, Any

from spacy.cli._util import setup_gpu
from typer import Argument, Option
from wasabi import msg

from ..evaluation import evaluate
from .errors import clear_errors


def evaluate_cli(
    model: Annotated[str, Argument(help="Pipeline: a directory or an installed package.")],
    data: Annotated[Path, Argument(help="Labelled dialogues: a .spacy file.")],
    output: Annotated[Path | None, Option("--output", "-o", help="JSON file to write.")] = None,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Measure a pipeline by both protocols.

    python -m spacy casn evaluate training/sample/ce/model-best corpus/sample/test.spacy
    """
    with clear_errors():
        setup_gpu(gpu_id, silent=True)
        metrics = evaluate(model, data, output)
    _print_metrics(metrics)
    if output is not None:
        msg.good(f"Wrote '{output}'.")


def _print_metrics(metrics: dict[str, Any]) -> None:
    msg.divider("Standard protocol: every labelled turn predicted once")
    msg.table(
        [
            ("macro-F without neutral", _percent(metrics["emotion_macro_f"])),
            ("micro-F without neutral", _percent(metrics["emotion_micro_f"])),
            ("weighted F", _percent(metrics["emotion_weighted_f"])),
            ("MCC", _percent(metrics["emotion_mcc"])),
            ("accuracy", _percent(metrics["emotion_acc"])),
            ("labelled, not abstained", _percent(metrics["emotion_coverage"])),
            ("calibration error", _percent(metrics["emotion_ece"])),
        ],
        aligns=("l", "r"),
    )
    msg.table(
        [
            (label, *(_percent(figures[key]) for key in ("p", "r", "f")), figures["support"])
            for label, figures in (metrics["emotion_f_per_type"] or {}).items()
        ],
        header=("emotion", "P", "R", "F", "turns"),
        divider=True,
        aligns=("l", "r", "r", "r", "r"),
    )
    msg.divider("Triplet protocol: is the positive nearer than the negative?")
    msg.table(
        [
            ("macro-F", _percent(metrics["emotion_triplet_macro_f"])),
            ("macro-F by chance", _percent(metrics["emotion_triplet_chance_macro_f"])),
            ("micro-F", _percent(metrics["emotion_triplet_micro_f"])),
            ("MCC", _percent(metrics["emotion_triplet_mcc"])),
        ],
        aligns=("l", "r"),
    )


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"
