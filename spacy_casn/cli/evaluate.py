"""`python -m spacy casn evaluate`."""

from pathlib import Path
from typing import Annotated, Any

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from .columns import (
    DialogueColumn,
    EmotionColumn,
    FromOption,
    MapOption,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    named_columns,
    renamed_labels,
)
from .errors import clear_errors
from .printing import msg

STANDARD = {
    "macro-F without neutral": "emotion_macro_f",
    "micro-F without neutral": "emotion_micro_f",
    "weighted F": "emotion_weighted_f",
    "MCC": "emotion_mcc",
    "accuracy": "emotion_acc",
    "labelled, not abstained": "emotion_coverage",
    "calibration error": "emotion_ece",
}


def evaluate_cli(
    model: Annotated[str, Argument(help="Pipeline: a directory or an installed package.")],
    data: Annotated[
        Path | None,
        Argument(
            help="Labelled dialogues: a .spacy file, a table, or a file of any format that "
            "annotate reads.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Path | None, Option("--output", "-o", help="JSON file to write.")] = None,
    behaviour: Annotated[
        Path | None,
        Option(help="Folder of cases, .jsonl files, that say how a pipeline is to behave."),
    ] = None,
    prior: Annotated[
        str | None,
        Option(help="Label prior to decide by: a corpus of training, or trained."),
    ] = None,
    source_format: FromOption = None,
    dialogue_column: DialogueColumn = None,
    text_column: TextColumn = None,
    speaker_column: SpeakerColumn = None,
    emotion_column: EmotionColumn = None,
    order_column: OrderColumn = None,
    label_map: MapOption = None,
    bootstrap: Annotated[
        int,
        Option(help="How often the dialogues are drawn anew for the intervals; 0 for none."),
    ] = 1000,
    seed: Annotated[int, Option(help="Of these draws.")] = 0,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Measure a pipeline by both protocols, or try how it behaves on a suite of short cases.

    python -m spacy casn evaluate training/sample/ce/model-best corpus/sample/test.spacy

    python -m spacy casn evaluate pretrained labelled.csv --dialogue-column call
    --text-column said --speaker-column who --emotion-column feeling --map joy=happiness

    python -m spacy casn evaluate pretrained --behaviour tests/behaviour

    Beside each figure of the standard protocol stands its 95 % interval, from a bootstrap: the
    dialogues are drawn anew, with replacement, and the figure is taken again each time. It
    says how far the figure depends on which dialogues happen to be in the test split; it says
    nothing of another corpus or of another training.
    """
    from ..evaluation.evaluate import evaluate

    with clear_errors():
        setup_gpu(gpu_id, silent=True)
        metrics = evaluate(
            model,
            data,
            output,
            behaviour=behaviour,
            prior=prior,
            columns=named_columns(
                dialogue_column, text_column, speaker_column, emotion_column, order_column
            ),
            source_format=source_format,
            label_map=renamed_labels(label_map),
            bootstrap=bootstrap,
            seed=seed,
        )
    if data is not None:
        _print_standard(metrics)
        _print_confusion(metrics["emotion_confusion"])
        _print_triplet(metrics)
    if behaviour is not None:
        _print_behaviour(metrics["behaviour"])
    if output is not None:
        msg.good(f"Wrote '{output}'.")


def _print_standard(metrics: dict[str, Any]) -> None:
    msg.divider("Standard protocol: every labelled turn predicted once")
    intervals = metrics["emotion_intervals"] or {}
    msg.table(
        [
            (title, _percent(metrics[name]), _interval(intervals.get(name)))
            for title, name in STANDARD.items()
        ],
        header=("figure", "%", "95 % interval"),
        divider=True,
        aligns=("l", "r", "r"),
    )
    msg.table(
        [
            (label, *(_percent(figures[key]) for key in ("p", "r", "f")), figures["support"])
            for label, figures in metrics["emotion_f_per_type"].items()
        ],
        header=("emotion", "P", "R", "F", "turns"),
        divider=True,
        aligns=("l", "r", "r", "r", "r"),
    )


def _print_confusion(confusion: dict[str, Any]) -> None:
    msg.divider("Confusion: gold labels down, predicted ones across")
    predicted = [label or "no label" for label in confusion["predicted"]]
    msg.table(
        [
            (label, *row)
            for label, row in zip(confusion["labels"], confusion["counts"], strict=True)
        ],
        header=("gold", *predicted),
        divider=True,
        aligns=("l", *["r"] * len(predicted)),
    )


def _print_triplet(metrics: dict[str, Any]) -> None:
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


def _print_behaviour(suite: dict[str, Any]) -> None:
    msg.divider(f"Behaviour: {suite['failed']} of {suite['cases']} cases failed")
    rows = [*suite["capabilities"].items(), ("all", suite["all"])]
    msg.table(
        [
            (name.replace("_", " "), *(_failed(by_kind.get(kind)) for kind in suite["all"]))
            for name, by_kind in rows
        ],
        header=("% failed of", *suite["all"]),
        divider=True,
        aligns=("l", *["r"] * len(suite["all"])),
    )


def _failed(found: dict[str, int] | None) -> str:
    if found is None:
        return ""
    return f"{100 * found['failed'] / found['cases']:.1f} (of {found['cases']})"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def _interval(ends: list[float] | None) -> str:
    return "" if ends is None else " to ".join(map(_percent, ends))
