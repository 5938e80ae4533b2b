"""The options that say where what stands in tables, and which formats there are."""

from typing import Annotated

from typer import Option

from ..formats.records import Columns
from ..formats.registry import formats, writable

DialogueColumn = Annotated[
    list[str] | None,
    Option(
        help="Table: column that tells dialogues apart; several do so together. Without one, a "
        "file is one dialogue."
    ),
]
TextColumn = Annotated[str | None, Option(help="Table: column of what is said.")]
SpeakerColumn = Annotated[str | None, Option(help="Table: column of who says it.")]
EmotionColumn = Annotated[str | None, Option(help="Table: column of the label.")]
OrderColumn = Annotated[
    str | None, Option(help="Table: column of numbers that sort a dialogue's turns.")
]


FromOption = Annotated[
    str | None,
    Option(
        "--from",
        help="Format of what is read, by default that which its content is recognised as: "
        f"{', '.join(formats())}.",
    ),
]
MapOption = Annotated[
    list[str] | None,
    Option("--map", help="OLD=NEW renames an emotion, OLD= leaves it out; may be repeated."),
]
ToOption = Annotated[
    str | None,
    Option("--to", help=f"Format of OUT, by default its ending: {', '.join(writable())}."),
]
ENDINGS = ", ".join(dict.fromkeys(known.suffix for known in writable().values()))
"""Of what can be written."""
SOURCES = (
    "Dialogues: a file, a folder of files of one format, or - for stdin. What can be read: "
    f"{', '.join(known.title for known in formats().values())}."
)


def named_columns(
    dialogue: list[str] | None,
    text: str | None,
    speaker: str | None,
    emotion: str | None = None,
    order: str | None = None,
) -> Columns | None:
    """Return the columns that the options name, None where they name none."""
    if not (dialogue or text or speaker or emotion or order):
        return None
    return Columns(tuple(dialogue or ()), text, speaker, emotion, order)


def renamed_labels(renamed: list[str] | None) -> dict[str, str]:
    """Return the new names of emotions by the old ones; raises ValueError for what names none."""
    label_map: dict[str, str] = {}
    for pair in renamed or []:
        old, equals, new = map(str.strip, pair.partition("="))
        if not old or not equals:
            raise ValueError(f"--map {pair}: write it as OLD=NEW, such as joy=happiness.")
        if old in label_map:
            raise ValueError(f"--map {pair}: '{old}' is renamed twice: leave out one of the two.")
        label_map[old] = new
    return label_map
