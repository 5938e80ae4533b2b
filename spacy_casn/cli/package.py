"""`python -m spacy casn package`."""

from pathlib import Path
from typing import Annotated

from typer import Argument

from .card import DataLicenseOption, DataOption, MetricsOption, NameOption, VersionOption
from .errors import clear_errors
from .printing import msg


def package_cli(
    model: Annotated[Path, Argument(help="Pipeline directory, such as model-best.")],
    output: Annotated[Path, Argument(help="Folder for packages, each in one of its own.")],
    metrics: MetricsOption = None,
    data: DataOption = None,
    data_license: DataLicenseOption = None,
    name: NameOption = None,
    version: VersionOption = None,
) -> None:
    """Build an installable wheel of a pipeline, its model card inside.

    python -m spacy casn package training/sample/triplet/model-best packages
    --metrics metrics/sample/triplet.json --data sample --name casn_sample

    It does what `card` and spaCy's own `package --build wheel` do, but the pipeline stays as it
    is, and the folder of the package appears when all of it is there. The same pipeline gives
    the same bytes.
    """
    from ..packaging.builder import build_package

    with clear_errors():
        wheel = build_package(
            model,
            output,
            metrics=metrics or [],
            data=data or [],
            data_license=data_license,
            name=name,
            version=version,
        )
    msg.good(f"Built '{wheel}'.")
