"""`python -m spacy casn audit`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ..audit import Audit, audit
from ..data.dialogue import SPANS_KEY
from ..data.statistics import SplitStatistics, Spread
from .columns import (
    DialogueColumn,
    EmotionColumn,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    named_columns,
)
from .errors import clear_errors

SHOWN = 5
"""Dialogues that are named of each kind; the JSON file has all."""


def audit_cli(
    data: Annotated[
        Path,
        Argument(
            help="A .spacy or .jsonl file, a folder of .spacy files such as train, dev and "
            "test.spacy, or a folder that `convert` takes."
        ),
    ],
    output: Annotated[Path | None, Option("--output", "-o", help="JSON file to write.")] = None,
    spans_key: Annotated[str, Option(help="Name of the turns' span group in .spacy files.")] = (
        SPANS_KEY
    ),
    dialogue_column: DialogueColumn = None,
    text_column: TextColumn = None,
    speaker_column: SpeakerColumn = None,
    emotion_column: EmotionColumn = None,
    order_column: OrderColumn = None,
) -> None:
    """Look through a corpus: labels, lengths, speakers, duplicates and what is malformed.

    python -m spacy casn audit corpus/sample

    python -m spacy casn audit corpus/dailydialog --output audit.json

    Turns are the same if they are so apart from case and spaces, dialogues if their turns are.
    A dialogue of the dev or test split that also stands in train makes a model look better
    than it is: `convert --leak-free` leaves it out of train.
    """
    with clear_errors():
        columns = named_columns(
            dialogue_column, text_column, speaker_column, emotion_column, order_column
        )
        found = audit(data, output, columns=columns, spans_key=spans_key)
    _print_labels(found)
    _print_sizes(found)
    _print_speakers(found)
    _print_duplicates(found)
    _print_oddities(found)
    if output is not None:
        msg.good(f"Wrote '{output}'.")


def _print_labels(found: Audit) -> None:
    msg.divider("Labels")
    labels = sorted({label for split in found.splits.values() for label in split.labels})
    rows: list[list[object]] = []
    for label in labels:
        counts = [split.labels.get(label) for split in found.splits.values()]
        rows.append([label])
        for count in counts:
            rows[-1] += (0, "-") if count is None else (count.turns, f"{100 * count.share:.2f}")
    rows.append(["unlabelled"])
    for split in found.splits.values():
        rows[-1] += (split.unlabelled, "")
    header = ["label", *(cell for split in found.splits for cell in (split, "%"))]
    _table(rows, header)


def _print_sizes(found: Audit) -> None:
    msg.divider("Sizes")
    rows = []
    for name, split in found.splits.items():
        spreads = (*_cells(split.turns_per_dialogue), *_cells(split.words_per_turn))
        rows.append([name, split.dialogues, split.turns, *spreads])
    spread = ("min", "median", "mean", "max")
    header = ["split", "dialogues", "turns", "turns each: min", *spread[1:]]
    _table(rows, [*header, "words a turn: min", *spread[1:]])


def _print_speakers(found: Audit) -> None:
    msg.divider("Speakers")
    rows = []
    for name, split in found.splits.items():
        speakers = split.speakers
        rows.append(
            [
                name,
                speakers.names,
                speakers.named_turns,
                speakers.named_dialogues,
                speakers.partly_named_dialogues,
                *_cells(speakers.per_dialogue),
            ]
        )
    header = ["split", "names", "turns named", "dialogues all named", "partly"]
    _table(rows, [*header, "names each: min", "median", "mean", "max"])


def _print_duplicates(found: Audit) -> None:
    msg.divider("Duplicates")
    rows = [
        [name, *(len(split.repeated[other]) for other in found.splits), *_repeated_turns(split)]
        for name, split in found.splits.items()
    ]
    others = [f"also in {name}" for name in found.splits]
    _table(rows, ["dialogues of", *others, "repeated turns", "% of turns", "echoes"])
    msg.text(
        "On the diagonal: dialogues that stand earlier in the same split. A repeated turn says "
        "what an earlier turn of the split says, an echo what the turn just before it says."
    )


def _print_oddities(found: Audit) -> None:
    msg.divider("To look at")
    warnings = []
    for position, (name, split) in enumerate(found.splits.items(), 1):
        for other in list(found.splits)[:position]:
            if split.repeated[other]:
                kind = "stand earlier in it" if other == name else f"also stand in {other}"
                warnings.append(f"{name}: {_some(split.repeated[other])} that {kind}")
        for kind, numbers in split.malformed.items():
            if numbers:
                warnings.append(f"{name}: {_some(numbers)} {kind}")
        if split.speakers.partly_named_dialogues:
            warnings.append(
                f"{name}: {split.speakers.partly_named_dialogues} dialogues name only some of "
                f"their speakers"
            )
        if missing := found.labels_missing[name]:
            warnings.append(f"{name}: no turn with the label {', '.join(missing)}")
    if found.labels_seen_once:
        warnings.append(f"a single turn in all with the label {', '.join(found.labels_seen_once)}")
    for warning in warnings:
        msg.warn(f"{warning}.")
    if not warnings:
        msg.good("Nothing.")


def _some(numbers: list[int]) -> str:
    shown = ", ".join(map(str, numbers[:SHOWN]))
    more = ", ..." if len(numbers) > SHOWN else ""
    return f"{len(numbers)} dialogues ({shown}{more})"


def _repeated_turns(split: SplitStatistics) -> tuple[int, str, int]:
    share = f"{100 * split.repeated_turns / split.turns:.1f}" if split.turns else "-"
    return split.repeated_turns, share, split.echoes


def _cells(spread: Spread | None) -> tuple[object, ...]:
    if spread is None:
        return ("-",) * 4
    return spread.minimum, f"{spread.median:g}", f"{spread.mean:.1f}", spread.maximum


def _table(rows: list[list[object]], header: list[str]) -> None:
    msg.table(rows, header=header, divider=True, aligns=["l", *["r"] * (len(header) - 1)])
