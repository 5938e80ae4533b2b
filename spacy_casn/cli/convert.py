"""`python -m spacy casn convert`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ..data.conversion import Report, convert
from .errors import clear_errors


def convert_cli(
    source: Annotated[
        Path,
        Argument(help="Folder with DailyDialog's archives, or with train, dev and test.jsonl."),
    ],
    output: Annotated[Path, Argument(help="Folder for train, dev and test.spacy.")],
    leak_free: Annotated[
        bool, Option(help="Leave out of train what also stands in dev or test.")
    ] = False,
    checksums: Annotated[
        bool, Option(help="Refuse archives of DailyDialog that aren't the official ones.")
    ] = True,
) -> None:
    """Convert a corpus of dialogues to spaCy's format.

    python -m spacy casn convert assets/dailydialog corpus/dailydialog
    """
    with clear_errors():
        report = convert(source, output, leak_free=leak_free, checksums=checksums)
    for problem in report.problems:
        msg.warn(f"{problem.place}: {problem.repair}.")
    if leak_free:
        msg.info(f"Left {report.left_out} dialogues out of train that stand in dev or test.")
    _print_counts(report)
    msg.good(f"Wrote {', '.join(report.dialogues)} to '{output}'.")


def _print_counts(report: Report) -> None:
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
