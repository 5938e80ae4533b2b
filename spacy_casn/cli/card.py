"""`python -m spacy casn card`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option
from wasabi import msg

from ..card_writer import write_card
from ..provenance import KNOWN_DATA
from .errors import clear_errors


def card_cli(
    model: Annotated[Path, Argument(help="Pipeline directory, such as model-best.")],
    metrics: Annotated[
        list[Path] | None,
        Option(help="JSON file that `evaluate --output` wrote for it; may be repeated."),
    ] = None,
    data: Annotated[
        str | None,
        Option(help=f"What it was trained on: {', '.join(KNOWN_DATA)}, or any other name."),
    ] = None,
    data_license: Annotated[
        str | None, Option(help="The data's license, unless the data is known.")
    ] = None,
    name: Annotated[
        str | None, Option(help="Name of the package to be, such as casn_dailydialog.")
    ] = None,
    version: Annotated[str | None, Option(help="Version of the package to be.")] = None,
    output: Annotated[
        Path | None,
        Option(
            "--output",
            "-o",
            help="Folder to write into, in place of the pipeline's own, which then stays as it is.",
        ),
    ] = None,
) -> None:
    """Write a pipeline's model card, README.md, and fill its meta.json.

    python -m spacy casn card training/sample/triplet/model-best
    --metrics metrics/sample/triplet.json --data sample

    `python -m spacy package` puts both into the wheel. To leave the pipeline as it is, write
    them into the folder that `spacy package` is going to make, packages/en_NAME-VERSION, and
    give it the option --meta-path with the meta.json there.
    """
    with clear_errors():
        folder = write_card(
            model,
            output,
            metrics=metrics or [],
            data=data,
            data_license=data_license,
            name=name,
            version=version,
        )
    msg.good(f"Wrote README.md and meta.json to '{folder}'.")
