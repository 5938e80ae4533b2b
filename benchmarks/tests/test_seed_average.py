"""What averaging pipelines gives."""

from pathlib import Path

import torch
from spacy.language import Language

from benchmarks.accuracy.seed_average import weights_of, with_mean_weights
from spacy_casn.pipeline.component import find_component
from tests.conftest import examples_of


def test_each_weight_is_the_mean_over_the_pipelines(trained: Language, tmp_path: Path) -> None:
    models = [str(tmp_path / name) for name in ("one", "other")]
    trained.to_disk(models[0])
    one = [weight.detach().clone() for weight in weights_of(find_component(trained))]
    trained.update(examples_of(trained), sgd=trained.resume_training())
    trained.to_disk(models[1])
    other = weights_of(find_component(trained))
    found = weights_of(find_component(with_mean_weights(models)))
    for mean, first, second in zip(found, one, other, strict=True):
        torch.testing.assert_close(mean, (first + second) / 2)
    assert any((first != second).any() for first, second in zip(one, other, strict=True))
