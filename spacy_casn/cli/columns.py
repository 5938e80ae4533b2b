"""The options that say where what stands in a corpus of tables."""

from typing import Annotated

from typer import Option

from ..formats.records import Columns

DialogueColumn = Annotated[str | None, Option(help="Table: column that tells dialogues apart.")]
TextColumn = Annotated[str | None, Option(help="Table: column of what is said.")]
SpeakerColumn = Annotated[str | None, Option(help="Table: column of who says it.")]
EmotionColumn = Annotated[str | None, Option(help="Table: column of the label.")]
OrderColumn = Annotated[
    str | None, Option(help="Table: column of numbers that sort a dialogue's turns.")
]


def named_columns(
    dialogue: str | None,
    text: str | None,
    speaker: str | None,
    emotion: str | None,
    order: str | None,
) -> Columns | None:
    """The columns that the options name, None where they name none.

    Raises:
        ValueError: that of the dialogue or of the text is lacking.
    """
    if not (dialogue or text or speaker or emotion or order):
        return None
    if not (dialogue and text):
        raise ValueError("A table needs both --dialogue-column and --text-column: give the two.")
    return Columns(dialogue, text, speaker, emotion, order)


def columns_to_annotate(
    dialogue: str | None, text: str | None, speaker: str | None, order: str | None
) -> Columns | None:
    """The columns that the options name, None where that of the dialogue or of the text lacks.

    Whoever then reads a table says which columns it has.
    """
    return Columns(dialogue, text, speaker, order=order) if dialogue and text else None
