"""`python -m spacy casn encoder`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from .errors import clear_errors
from .printing import msg


def encoder_cli(
    name: Annotated[
        str,
        Argument(
            help="A sentence-transformers folder, or a name such as all-MiniLM-L6-v2: from an "
            "installed package of weights, or else from the Hugging Face hub."
        ),
    ],
    output: Annotated[
        Path | None,
        Option("--output", "-o", help="New folder to save it in, for use without a network."),
    ] = None,
) -> None:
    """Fetch a sentence encoder and verify its weights.

    python -m spacy casn encoder all-MiniLM-L6-v2

    python -m spacy casn encoder all-mpnet-base-v2 --output assets/encoders/all-mpnet-base-v2

    Weights that bear the name of a known encoder must have the sha256 sum of the published
    ones; others are an error.
    """
    from ..encoders.report import fetch_encoder

    with clear_errors():
        report = fetch_encoder(name, output)
    length = "unlimited" if report.max_length is None else f"{report.max_length} word pieces"
    msg.table(
        [
            ("name", report.name),
            ("source", report.source),
            ("folder", report.folder),
            ("width", report.width),
            ("length limit", length),
            ("parameters", f"{report.parameters:,}"),
            ("weights", f"{report.weights}, {report.size / 1e6:.1f} MB"),
            ("sha256", report.sha256),
        ],
        max_col=200,
    )
    if report.published:
        msg.good("These are the published weights.")
    else:
        msg.warn("No published sum is known for these weights: nothing to compare with.")
    if output is not None:
        msg.good(f"Saved to '{output}'.")
