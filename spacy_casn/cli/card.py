"""`python -m spacy casn card`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from .errors import clear_errors
from .printing import msg

MetricsOption = Annotated[
    list[Path] | None,
    Option(help="JSON file that `evaluate --output` wrote for it; may be repeated."),
]
DataOption = Annotated[
    list[str] | None,
    Option(help="What it was trained on, such as dailydialog; give it again for another."),
]
DataLicenseOption = Annotated[
    str | None, Option(help="The data's license, unless the data is known.")
]
NameOption = Annotated[
    str | None, Option(help="Name of the package to be, such as casn_dailydialog.")
]
VersionOption = Annotated[str | None, Option(help="Version of the package to be.")]


def card_cli(
    model: Annotated[Path, Argument(help="Pipeline directory, such as model-best.")],
    metrics: MetricsOption = None,
    data: DataOption = None,
    data_license: DataLicenseOption = None,
    name: NameOption = None,
    version: VersionOption = None,
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

    spaCy's own `package` puts both into the wheel; `casn package` writes them by itself.
    """
    from ..packaging.card_writer import write_card

    with clear_errors():
        folder = write_card(
            model,
            output,
            metrics=metrics or [],
            data=data or [],
            data_license=data_license,
            name=name,
            version=version,
        )
    msg.good(f"Wrote README.md and meta.json to '{folder}'.")
