"""`spacy debug model` on the project's configs."""

from pathlib import Path

import pytest
from spacy.cli._util import app
from spacy.cli.init_config import fill_config
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner

from ..conftest import ROOT, examples_of


@pytest.mark.parametrize("config", ["ce", "triplet"])
def test_debug_model_goes_through_its_steps(
    config: str, trained: Language, fake_encoder: Path, tmp_path: Path
) -> None:
    data = tmp_path / "train.spacy"
    DocBin(docs=[example.reference for example in examples_of(trained)]).to_disk(data)
    options = {
        "paths.train": data,
        "paths.dev": data,
        "components.casn_emotion.model.encoder.name": fake_encoder,
        "components.casn_emotion.model.context.width": 24,
        "components.casn_emotion.model.context.heads": 2,
    }
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    filled = tmp_path / "filled.cfg"
    fill_config(filled, ROOT / "configs" / f"{config}.cfg")
    command = ["debug", "model", str(filled), "casn_emotion"]
    result = CliRunner().invoke(app, [*command, *words, "-P0", "-P1", "-P2", "-P3", "-PAR"])
    assert result.exception is None, result.output
    assert "model looks good" in result.output
    assert "utterance_encoder" in result.output
