"""`python -m spacy casn audit`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from ..data.dialogue import SPANS_KEY
from .columns import (
    DialogueColumn,
    EmotionColumn,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    named_columns,
)
from .errors import clear_errors
from .printing import msg

if TYPE_CHECKING:
    from ..corpora.audit import Audit
    from ..corpora.statistics import Spread

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

    A dialogue of the dev or test split that also stands in train makes a model look better
    than it is: `convert --leak-free` leaves out of train those that do so word for word.
    """
    from ..corpora.audit import audit

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


def _print_labels(found: "Audit") -> None:
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


def _print_sizes(found: "Audit") -> None:
    msg.divider("Sizes (min / median / mean / max)")
    _table(
        [
            [
                name,
                split.dialogues,
                split.turns,
                _cell(split.turns_per_dialogue),
                _cell(split.words_per_turn),
            ]
            for name, split in found.splits.items()
        ],
        ["split", "dialogues", "turns", "turns a dialogue", "words a turn"],
    )


def _print_speakers(found: "Audit") -> None:
    msg.divider("Speakers (min / median / mean / max)")
    _table(
        [
            [
                name,
                split.speakers.names,
                split.speakers.named_turns,
                split.speakers.named_dialogues,
                split.speakers.partly_named_dialogues,
                _cell(split.speakers.per_dialogue),
            ]
            for name, split in found.splits.items()
        ],
        ["split", "names", "turns named", "dialogues named", "partly named", "names a dialogue"],
    )


def _print_duplicates(found: "Audit") -> None:
    msg.divider("Duplicates")
    rows: list[list[object]] = []
    for name, split in found.splits.items():
        rows.append([name])
        for other in found.splits:
            rows[-1] += (len(split.repeated[other]), len(split.nearly_repeated[other]))
    header = [cell for other in found.splits for cell in (f"in {other}", "nearly")]
    _table(rows, ["dialogues of", *header])
    msg.text(
        "A dialogue stands in a split word for word, or nearly, apart from case, spaces and "
        "punctuation; in its own split, if it stands there earlier too."
    )
    _table(
        [
            [name, split.repeated_turns, _share(split.repeated_turns, split.turns), split.echoes]
            for name, split in found.splits.items()
        ],
        ["turns of", "said earlier", "%", "said just before"],
    )


def _print_oddities(found: "Audit") -> None:
    msg.divider("To look at")
    warnings = []
    for position, (name, split) in enumerate(found.splits.items(), 1):
        for other in list(found.splits)[:position]:
            kind = "stand earlier in it" if other == name else f"also stand in {other}"
            for numbers, nearly in (
                (split.repeated[other], ""),
                (split.nearly_repeated[other], ", nearly word for word"),
            ):
                if numbers:
                    warnings.append(f"{name}: {_some(numbers)} that {kind}{nearly}")
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


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f}" if whole else "-"


def _cell(spread: "Spread | None") -> str:
    if spread is None:
        return "-"
    return f"{spread.minimum} / {spread.median:g} / {spread.mean:.1f} / {spread.maximum}"


def _table(rows: list[list[object]], header: list[str]) -> None:
    msg.table(rows, header=header, divider=True, aligns=["l", *["r"] * (len(header) - 1)])
