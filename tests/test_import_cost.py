"""What is installed beside us costs other programs nothing: nothing heavy comes along unasked."""

import subprocess
import sys

import pytest

HEAVY = (
    "sentence_transformers",
    "transformers",
    "sklearn",
    "scipy",
    "pandas",
    "pytorch_metric_learning",
    "matplotlib",
    "pyarrow",
    "emoji",
)
# Other packages have entry points too: only ours are looked at.
ONLY_OURS = """
import importlib.metadata as metadata
import sys
import catalogue
catalogue.AVAILABLE_ENTRY_POINTS = metadata.EntryPoints(
    point
    for found in metadata.distributions()
    if found.metadata["Name"].replace("_", "-") in ("spacy", "spacy-legacy", "spacy-casn")
    for point in found.entry_points
)
"""
BLANK = "import spacy; spacy.blank('en'); assert 'spacy_casn.pipeline.factory' in sys.modules\n"
COMMANDS = "from spacy.util import registry; assert 'casn' in registry.cli.get_all()\n"
PACKAGE = "import spacy_casn\n"
ANNOTATE = (
    "import spacy_casn.annotation.run, spacy_casn.models.architectures\n"
    "import spacy_casn.pipeline.session\n"
)
"""All but the encoder, which may be one that needs none of the heavy libraries."""


@pytest.mark.parametrize(
    "program", [BLANK, COMMANDS, PACKAGE], ids=["spacy.blank", "spacy's commands", "the package"]
)
def test_nothing_heavy_is_imported_unasked(program: str) -> None:
    code = f"{ONLY_OURS}{program}print(*{{name.split('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) & set(HEAVY) == set()


def test_nothing_heavy_but_the_encoder_is_imported_to_annotate() -> None:
    code = f"{ANNOTATE}import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(done.stdout.split()) & {*HEAVY} - {"emoji"} == set()


def test_names_of_the_package_are_found_when_asked_for() -> None:
    code = (
        "import spacy_casn\n"
        "assert all(getattr(spacy_casn, name) for name in spacy_casn.__all__)\n"
        "try:\n    spacy_casn.lod\n"
        "except AttributeError as error:\n    print(error)\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout == "module 'spacy_casn' has no attribute 'lod'\n"
