"""`python -m spacy casn annotate`."""

from pathlib import Path
from typing import Annotated

from spacy.cli._util import setup_gpu
from typer import Argument, Option

from ..annotation.stores import is_url
from ..formats.registry import STREAM
from .columns import (
    ENDINGS,
    SOURCES,
    DialogueColumn,
    FromOption,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    ToOption,
    named_columns,
)
from .errors import OnErrorOption, clear_errors, tell_of_skipped
from .printing import msg


def annotate_cli(
    model: Annotated[str, Argument(help="Pipeline: a directory, a package, or pretrained.")],
    source: Annotated[
        str,
        Argument(
            metavar="IN",
            help=SOURCES,
        ),
    ],
    output: Annotated[
        str,
        Argument(
            metavar="OUT",
            help=f"A file that ends in {ENDINGS}; a folder or a store's URL, for a file a file; "
            "or - for stdout.",
        ),
    ],
    source_format: FromOption = None,
    output_format: ToOption = None,
    dialogue_column: DialogueColumn = None,
    text_column: TextColumn = None,
    speaker_column: SpeakerColumn = None,
    order_column: OrderColumn = None,
    batch_size: Annotated[
        int | None,
        Option(
            help="Dialogues that are run at once: by default 128, or 1 from a pipe to stdout, "
            "where each is answered as it comes."
        ),
    ] = None,
    n_process: Annotated[int, Option(help="Processes, for --engine local.")] = 1,
    threads: Annotated[
        int | None,
        Option(
            help="Threads of the processor for --engine local and one process: by default "
            "OMP_NUM_THREADS, or one for each core that is idle at the start."
        ),
    ] = None,
    engine: Annotated[
        str, Option(help="local, or ray: many workers at once, a file each; OUT is a folder.")
    ] = "local",
    on_error: OnErrorOption = "stop",
    neutral: Annotated[
        float | None,
        Option(
            help="Share of turns without emotion to expect, 0 to 1: the lower, the readier a turn "
            "is called emotional."
        ),
    ] = None,
    raw: Annotated[
        bool,
        Option(
            "--raw",
            help="CSV and TSV: leave text as it is, for programs. Otherwise what a spreadsheet "
            "would take for a formula gets an apostrophe before it.",
        ),
    ] = False,
    workers: Annotated[
        int | None, Option(help="Workers, for --engine ray; by default one a GPU, or one a core.")
    ] = None,
    gpu_id: Annotated[
        int, Option("--gpu-id", "-g", help="GPU, or -1 for the CPU, for --engine local.")
    ] = -1,
) -> None:
    """Put an emotion on each turn of many dialogues.

    python -m spacy casn annotate pretrained chats.jsonl annotated.jsonl

    python -m spacy casn annotate pretrained calls.csv annotated.parquet
    --dialogue-column call --text-column said --speaker-column who

    JSON lines hold one dialogue each, {"turns": [{"text": ..., "speaker": ...}, ...]}; what
    else stands there is passed through, and each turn gets `emotion` and `scores`. Tables hold
    one turn a row; each row gets `emotion`, `score` and `score_<label>`, with the prefix `casn_`
    where there are columns of these names already. A turn in which nothing is said gets the
    emotion "" and no scores.

    Tables and JSON lines are read and written bit by bit, all else is held in memory file by
    file. A file appears under its name when it is whole. Where OUT is a folder, files that are
    there already are taken for finished: remove them to annotate anew.
    """
    from ..annotation.run import annotate
    from ..annotation.threads import use_threads

    with clear_errors(stopped=f"Stopped: nothing unfinished was left at '{output}'."):
        columns = named_columns(dialogue_column, text_column, speaker_column, order=order_column)
        setup_gpu(gpu_id, silent=True)
        use_threads(threads)
        report = annotate(
            model,
            source,
            output,
            source_format=source_format,
            output_format=output_format,
            columns=columns,
            batch_size=batch_size,
            n_process=n_process,
            engine=engine,
            workers=workers,
            on_error=on_error,
            raw=raw,
            neutral=neutral,
        )
    if output == STREAM:
        return
    msg.info(f"Read as: {report.read_as()}")
    if report.skipped:
        msg.info(f"Left out {report.skipped} files that were finished before.")
    in_folder = is_url(output) or Path(output).is_dir()
    side_file = f"{output.rstrip('/')}/*.skipped" if in_folder else f"{output}.skipped"
    tell_of_skipped(report.left_out, side_file)
    msg.good(f"Annotated {report.turns} turns of {report.dialogues} dialogues in '{output}'.")
