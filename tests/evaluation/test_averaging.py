"""One pipeline of several: the mean of their weights."""

from pathlib import Path

import pytest
import spacy
import torch
from spacy.language import Language
from spacy.util import fix_random_seed
from typer.testing import CliRunner

from spacy_casn.cli import app
from spacy_casn.evaluation.averaging import average, weights_of
from spacy_casn.packaging.model_card import model_card
from spacy_casn.pipeline.component import find_component

from ..conftest import MakeNlp, examples_of


@pytest.fixture
def one(trained: Language, tmp_path: Path) -> str:
    pipe = find_component(trained)
    pipe.cfg["temperature"] = 2.0
    trained.to_disk(tmp_path / "one")
    return str(tmp_path / "one")


def test_each_weight_is_the_mean_over_the_pipelines(
    trained: Language, one: str, tmp_path: Path
) -> None:
    first = [weight.detach().clone() for weight in weights_of(find_component(trained))]
    trained.update(examples_of(trained), sgd=trained.resume_training())
    trained.to_disk(tmp_path / "other")
    second = weights_of(find_component(trained))
    average([one, str(tmp_path / "other")], tmp_path / "mean")
    mean = find_component(spacy.load(tmp_path / "mean"))
    for found, *each in zip(weights_of(mean), first, second, strict=True):
        torch.testing.assert_close(found, sum(each) / 2)
    assert any((a != b).any() for a, b in zip(first, second, strict=True))
    assert mean.cfg["temperature"] == 1.0
    assert "the mean of 2 trainings" in model_card(spacy.load(tmp_path / "mean"), [])
    assert "the mean of" not in model_card(trained, [])


def test_of_pipelines_that_are_alike_the_mean_is_the_same(one: str, tmp_path: Path) -> None:
    average([one, one, one], tmp_path / "mean")
    found = weights_of(find_component(spacy.load(tmp_path / "mean")))
    for weight, same in zip(found, weights_of(find_component(spacy.load(one))), strict=True):
        assert torch.equal(weight, same)


def test_pipelines_that_do_not_go_together_are_refused(
    one: str, make_nlp: MakeNlp, tmp_path: Path
) -> None:
    fix_random_seed(1)
    other = make_nlp()
    other.initialize(lambda: examples_of(other)[:1])
    other.to_disk(tmp_path / "other")
    with pytest.raises(ValueError, match="other' has other labels or weights of another shape"):
        average([one, str(tmp_path / "other")], tmp_path / "mean")
    with pytest.raises(ValueError, match="An average of 1 pipeline is none: give two or more"):
        average([one], tmp_path / "mean")
    assert not (tmp_path / "mean").exists()


def test_the_command_says_what_comes_next(one: str, tmp_path: Path) -> None:
    output = tmp_path / "mean"
    result = CliRunner().invoke(app, ["average", str(output), one, one])
    assert result.exit_code == 0
    assert "Wrote the mean of 2 pipelines" in result.output
    assert "calibrate" in result.output
    doc = spacy.load(output)("You won!")
    assert doc.spans["turns"][0].label_
    assert CliRunner().invoke(app, ["average", str(output), one]).exit_code == 1
