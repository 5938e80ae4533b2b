"""Fetches and verifies a sentence encoder, and says what it is."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from ..storage.files import replaced_when_whole
from .sentence_transformer import SentenceEncoder
from .source import (
    HUB_ORGANIZATION,
    PUBLISHED_WEIGHTS,
    find_encoder,
    package_folder,
    verify_weights,
    weights_file,
)


@dataclass(frozen=True)
class EncoderReport:
    """What a sentence encoder is.

    Args:
        name: As it was asked for.
        source: "folder", "package" or "hub".
        folder: Where it lies.
        width: Of its vectors.
        max_length: Word pieces after which a text is cut; None for no limit.
        parameters: How many weights it has.
        weights: The file with the weights of its Transformer, within the folder.
        size: Of this file, in bytes.
        sha256: Its sum.
        published: Whether this is a known sum of published weights; if not, nothing is known
            of them.
    """

    name: str
    source: str
    folder: str
    width: int
    max_length: int | None
    parameters: int
    weights: str
    size: int
    sha256: str
    published: bool


def fetch_encoder(name: str, output: Path | None = None) -> EncoderReport:
    """Find an encoder, on the hub if need be, load it, verify it and perhaps save it.

    Args:
        name: A sentence-transformers folder, or a name that `find_encoder` resolves.
        output: A new folder to save it in, with safetensors, for use without a network.

    Raises:
        ValueError: it is not to be had, its weights are not the published ones of its name, or
            `output` is there already.
    """
    if output is not None and output.exists():
        raise ValueError(f"'{output}' is there already: give a new folder, or delete it.")
    folder = find_encoder(name)
    encoder = SentenceEncoder(name)
    model = encoder.model
    known = name.removeprefix(f"{HUB_ORGANIZATION}/")
    if Path(name).is_dir():
        source, known = "folder", Path(name).name
    else:
        source = "hub" if package_folder(known) is None else "package"
    weights = weights_file(folder)
    remedy = f"fetch it again, or give other weights another name than {known}"
    sha256 = verify_weights(known, weights, remedy=remedy)
    if output is not None:
        with replaced_when_whole(output) as temporary:
            encoder.save(temporary)
            # The same weights, but also byte by byte, so that their sum can be checked again.
            copy = temporary / weights.relative_to(folder)
            if copy.is_file():
                shutil.copyfile(weights, copy)
    return EncoderReport(
        name=name,
        source=source,
        folder=str(folder),
        width=encoder.width,
        max_length=encoder.max_length,
        parameters=sum(weight.numel() for weight in model.parameters()),
        weights=str(weights.relative_to(folder)),
        size=weights.stat().st_size,
        sha256=sha256,
        published=sha256 in PUBLISHED_WEIGHTS.values(),
    )
