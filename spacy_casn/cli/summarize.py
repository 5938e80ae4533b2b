"""`python -m spacy casn summarize`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..formats.registry import STREAM
from .columns import (
    DialogueColumn,
    FromOption,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    named_columns,
)
from .errors import clear_errors
from .printing import msg


def summarize_cli(
    source: Annotated[
        str,
        Argument(metavar="IN", help="What annotate wrote: a file, a folder, or - for stdin."),
    ],
    output: Annotated[
        Path | None,
        Argument(metavar="OUT", help="The page: an .html file; by default IN-summary.html."),
    ] = None,
    source_format: FromOption = None,
    dialogue_column: DialogueColumn = None,
    text_column: TextColumn = None,
    speaker_column: SpeakerColumn = None,
    order_column: OrderColumn = None,
    emotion_column: Annotated[
        str | None, Option(help="Column of the emotion; by default the one of annotate.")
    ] = None,
    role_column: Annotated[
        str | None,
        Option(help="Column of what the speaker is, such as customer; by default role, if there."),
    ] = None,
    time_column: Annotated[
        str | None, Option(help="Column of dates with times; by default time, timestamp and such.")
    ] = None,
) -> None:
    """Show what many annotated dialogues have in common, and which of them stand out.

    python -m spacy casn annotate pretrained chats.csv annotated.csv

    python -m spacy casn summarize annotated.csv

    Writes a page and a workbook of the same name: emotions by speaker, over time and within the
    dialogues, who answers what with what, and the dialogues, the angriest first. Each number leads
    to the turns behind it. The page is one file that needs no network. It needs the extra
    `summary`.
    """
    from ..summary.figures import figures_of
    from ..summary.read import read_table
    from ..summary.summary import Summary

    with clear_errors():
        columns = named_columns(dialogue_column, text_column, speaker_column, order=order_column)
        table = read_table(
            source,
            source_format=source_format,
            columns=columns,
            emotion_column=emotion_column,
            role_column=role_column,
            time_column=time_column,
        )
        name = "stdin" if source == STREAM else Path(source).name.partition(".")[0]
        folder = Path() if source == STREAM else Path(source).parent
        page = output or folder / f"{name}-summary.html"
        summary = Summary(table, figures_of(table), f"Emotions in {name}")
        workbook = summary.to_disk(page)
    msg.good(
        f"Wrote {len(table.names):,} dialogues with {len(table.texts):,} turns to '{page}' and "
        f"'{workbook}'."
    )
