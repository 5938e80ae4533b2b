"""`python -m spacy casn convert`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

from .columns import (
    DialogueColumn,
    EmotionColumn,
    MapOption,
    OrderColumn,
    SpeakerColumn,
    TextColumn,
    named_columns,
    renamed_labels,
)
from .errors import OnErrorOption, clear_errors, tell_of_skipped
from .printing import msg

if TYPE_CHECKING:
    from ..corpora.conversion import Report


def convert_cli(
    source: Annotated[
        Path,
        Argument(
            help="Folder with the files of a known corpus, with train, dev and test.jsonl, or "
            "with tables: train, dev and test.csv or .tsv; or one file, which becomes test.spacy."
        ),
    ],
    output: Annotated[Path, Argument(help="Folder for train, dev and test.spacy.")],
    corpus: Annotated[
        str | None, Option(help="Name of a known corpus, if its files aren't to tell it.")
    ] = None,
    shared_labels: Annotated[
        bool,
        Option(
            "--shared-labels/--own-labels",
            help="Give a known corpus the seven labels that all share, or leave it its own.",
        ),
    ] = True,
    leak_free: Annotated[
        bool, Option(help="Leave out of train what also stands in dev or test.")
    ] = False,
    checksums: Annotated[
        bool, Option(help="Refuse files of a known corpus that aren't the official ones.")
    ] = True,
    dialogue_column: DialogueColumn = None,
    text_column: TextColumn = None,
    speaker_column: SpeakerColumn = None,
    emotion_column: EmotionColumn = None,
    order_column: OrderColumn = None,
    on_error: OnErrorOption = "stop",
    label_map: MapOption = None,
) -> None:
    """Convert a corpus of dialogues to spaCy's format.

    python -m spacy casn convert assets/dailydialog corpus/dailydialog

    python -m spacy casn convert calls corpus/calls --dialogue-column call --text-column said
    --speaker-column who --emotion-column feeling --map angry=anger
    """
    from ..corpora.conversion import convert

    with clear_errors():
        columns = named_columns(
            dialogue_column, text_column, speaker_column, emotion_column, order_column
        )
        report = convert(
            source,
            output,
            corpus=corpus,
            columns=columns,
            shared_labels=shared_labels,
            label_map=renamed_labels(label_map),
            leak_free=leak_free,
            checksums=checksums,
            on_error=on_error,
        )
    for problem in report.faults.repairs:
        msg.warn(f"{problem.place}: {problem.repair}.")
    if leak_free:
        msg.info(f"Left {report.leaked} dialogues out of train that stand in dev or test.")
    tell_of_skipped(report.faults.count, str(report.faults.path))
    _print_counts(report)
    msg.good(f"Wrote {', '.join(report.dialogues)} to '{output}'.")


def _print_counts(report: "Report") -> None:
    emotions = sorted({emotion for counts in report.emotions.values() for emotion in counts})
    msg.table(
        [
            [split, report.dialogues[split], counts.total(), *(counts[name] for name in emotions)]
            for split, counts in report.emotions.items()
        ],
        header=["split", "dialogues", "turns", *(name or "unlabelled" for name in emotions)],
        divider=True,
        aligns=["l", *["r"] * (len(emotions) + 2)],
    )
