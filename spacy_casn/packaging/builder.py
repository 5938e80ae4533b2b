"""Builds the wheel of a pipeline, its model card inside."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spacy.cli.package import package

from ..storage import strict_json
from ..storage.files import replaced_when_whole
from .card_writer import write_card

_TIME = "SOURCE_DATE_EPOCH"
_FIRST_TIME = "315532800"
"""1980, the first moment that an archive can name: equal wheels get equal bytes."""


def build_package(
    model: Path,
    output: Path,
    *,
    name: str | None = None,
    version: str | None = None,
    **card: Any,
) -> Path:
    """Build the wheel of a pipeline, which stays as it is.

    The folder `LANG_NAME-VERSION`, with the wheel in `dist`, appears when all of it is there.

    Args:
        model: The pipeline's directory.
        output: Folder in which that of the package is made.
        name: Of the package, such as casn_dailydialog; by default that of its meta.json.
        version: Of the package; by default that of its meta.json.
        card: What the model card says; see `write_card`.

    Returns:
        The wheel.

    Raises:
        ValueError: no pipeline, or a file of metrics can't be read.
        OSError: no wheel was made.
        SystemExit: spaCy refuses the name, or `build` isn't installed; it prints why.
    """
    if not (model / "meta.json").is_file():
        raise ValueError(f"'{model}' is no directory of a pipeline: give one, such as model-best.")
    meta = strict_json.read(model / "meta.json")
    module = name or meta["name"]
    if not module.startswith(f"{meta['lang']}_"):
        module = f"{meta['lang']}_{module}"
    final = output / f"{module}-{version or meta['version']}"
    with replaced_when_whole(final) as temporary:
        inner = temporary / final.name
        write_card(model, inner, name=name, version=version, **card)
        with _same_time():
            package(
                model,
                temporary,
                meta_path=inner / "meta.json",
                create_sdist=False,
                create_wheel=True,
                silent=False,
            )
        if not list((inner / "dist").glob("*.whl")):
            raise OSError(f"No wheel of '{model}' was made: see what the build printed above.")
        for path in list(inner.iterdir()):
            path.rename(temporary / path.name)
        inner.rmdir()
    (wheel,) = (final / "dist").glob("*.whl")
    return wheel


@contextmanager
def _same_time() -> Iterator[None]:
    known = os.environ.get(_TIME)
    os.environ.setdefault(_TIME, _FIRST_TIME)
    try:
        yield
    finally:
        if known is None:
            del os.environ[_TIME]
