"""`python -m spacy casn render`."""

from pathlib import Path
from typing import Annotated

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from .columns import (
    SOURCES,
    DialogueColumn,
    FromOption,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    named_columns,
)
from .errors import clear_errors
from .printing import msg


def render_cli(
    model: Annotated[str, Argument(help="Pipeline: a directory, a package, or pretrained.")],
    source: Annotated[
        str,
        Argument(
            metavar="IN",
            help=SOURCES,
        ),
    ],
    output: Annotated[Path, Argument(metavar="OUT", help="The page: an .html file.")],
    source_format: FromOption = None,
    dialogue_column: DialogueColumn = None,
    text_column: TextColumn = None,
    speaker_column: SpeakerColumn = None,
    order_column: OrderColumn = None,
    limit: Annotated[int, Option(help="Dialogues on the page at most, the first ones.")] = 100,
    gpu_id: Annotated[int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU.")] = -1,
) -> None:
    """Show dialogues with their emotions as a page for the browser.

    python -m spacy casn render pretrained transcript.txt transcript.html

    python -m spacy casn render pretrained calls.csv calls.html --dialogue-column call
    --text-column said --speaker-column who

    The page is one file that needs no network: it can be sent to others as it is.
    """
    from ..visualization.page import write_page

    with clear_errors():
        columns = named_columns(dialogue_column, text_column, speaker_column, order=order_column)
        setup_gpu(gpu_id, silent=True)
        page = write_page(
            model, source, output, source_format=source_format, columns=columns, limit=limit
        )
    if page.more:
        msg.info(f"There are more dialogues: --limit {limit} let only the first ones through.")
    msg.good(f"Wrote {page.dialogues} dialogues with {page.turns} turns to '{output}'.")
