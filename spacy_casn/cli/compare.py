"""`python -m spacy casn compare`."""

from pathlib import Path
from typing import Annotated, Any

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from .errors import clear_errors
from .evaluate import STANDARD
from .printing import msg

SHOWN = 10
"""Flipped turns that are printed, of each kind."""


def compare_cli(
    first: Annotated[str, Argument(help="Pipeline: a directory or an installed package.")],
    second: Annotated[str, Argument(help="The one that is held against it.")],
    data: Annotated[Path, Argument(help="Labelled dialogues: a .spacy file.")],
    output: Annotated[Path | None, Option("--output", "-o", help="JSON file to write.")] = None,
    bootstrap: Annotated[int, Option(help="How often the dialogues are drawn anew.")] = 1000,
    seed: Annotated[int, Option(help="Of these draws.")] = 0,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Say whether one pipeline is better than another, and on which turns.

    python -m spacy casn compare training/sample/ce/model-best training/sample/triplet/model-best
    corpus/sample/test.spacy

    Beside each difference, second minus first, stands its 95 % interval, from a paired
    bootstrap over dialogues: each time, both are measured on the same drawn dialogues. Where the
    interval holds no zero, the difference isn't by chance of which dialogues are in the split.
    """
    from ..evaluation.compare import compare

    with clear_errors():
        setup_gpu(gpu_id, silent=True)
        found = compare(first, second, data, output, bootstrap=bootstrap, seed=seed)
    intervals = found["difference_intervals"] or {}
    rows = [
        (title, found["first"][name], found["second"][name], intervals.get(name))
        for title, name in STANDARD.items()
        if name in found["first"]
    ]
    by_label = intervals.get("emotion_f_per_type", {})
    rows += [
        (f"F of {label}", known["f"], other["f"], by_label.get(label))
        for (label, known), other in zip(
            found["first"]["emotion_f_per_type"].items(),
            found["second"]["emotion_f_per_type"].values(),
            strict=True,
        )
    ]
    msg.divider(f"{found['labelled_turns']} turns in {found['dialogues']} dialogues")
    msg.table(
        [_row(*row) for row in rows],
        header=("%", "first", "second", "difference", "95 % interval"),
        divider=True,
        aligns=("l", "r", "r", "r", "r"),
    )
    gained = [turn for turn in found["flipped"] if turn["second"] == turn["gold"]]
    lost = [turn for turn in found["flipped"] if turn["second"] != turn["gold"]]
    _print_flipped("Right only in the second", gained)
    _print_flipped("Right only in the first", lost)
    if output is not None:
        msg.good(f"Wrote '{output}'.")


def _row(
    title: str, first: float | None, second: float | None, ends: list[float] | None
) -> tuple[str, ...]:
    if first is None or second is None:
        return title, "-", "-", "-", ""
    interval = "" if ends is None else " to ".join(f"{100 * end:+.2f}" for end in ends)
    difference = f"{100 * (second - first):+.2f}"
    return title, f"{100 * first:.2f}", f"{100 * second:.2f}", difference, interval


def _print_flipped(title: str, turns: list[dict[str, Any]]) -> None:
    msg.divider(f"{title}: {len(turns)} turns")
    for turn in turns[:SHOWN]:
        place = f"dialogue {turn['dialogue']}, turn {turn['turn']}"
        labels = " -> ".join(turn[side] or "no label" for side in ("first", "second"))
        msg.text(f"{place}: {labels}: {turn['text'][:60]}")
