"""What goes wrong while a pipeline is trained, at each stage."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
from spacy.language import Language

from ..conftest import STAGES, train_small
from ..storage.full_disk import files_at_most

Train = Callable[..., Path]
TRANSCRIPT = "Ann: You won!\nBen: Really?"


@pytest.fixture(params=STAGES)
def stage(request: pytest.FixtureRequest, small_corpus: Path) -> Callable[..., Path]:
    """Trains by one of the configs."""
    encoder = "fake_encoder" if request.param == "fast" else "fake_bert_encoder"

    def train(**settings: Any) -> Path:
        return train_small(
            request.param, small_corpus, request.getfixturevalue(encoder), steps=12, **settings
        )

    return train


def scores(folder: Path) -> np.ndarray:
    return spacy.load(folder)(TRANSCRIPT).spans["turns"].attrs["scores"]


def test_a_loss_that_is_no_number(stage: Train, small_corpus: Path) -> None:
    output = small_corpus.parent / "trained"
    best: list[np.ndarray] = []

    def watch(nlp: Language, step: int) -> None:
        if step == 4:
            best.append(scores(output / "model-best"))

    sudden = {"@schedules": "constant.v1", "rate": 1e36}
    rate = {"@schedules": "constant_then.v1", "rate": 1e-4, "steps": 3, "schedule": sudden}
    adam = {"@optimizers": "Adam.v1", "learn_rate": rate, "use_averages": True}
    with pytest.raises(ValueError, match=r"lower the optimizer's learn_rate.*model-best"):
        stage(before_update=watch, optimizer=adam)
    np.testing.assert_array_equal(scores(output / "model-best"), best[0])
    with pytest.raises(ValueError, match=r"no finite number.*(again|train anew)"):
        scores(output / "model-last")


def test_a_disk_that_gets_full(stage: Train, small_corpus: Path) -> None:
    output = small_corpus.parent / "trained"
    best: list[np.ndarray] = []
    with ExitStack() as stack:

        def fill(nlp: Language, step: int) -> None:
            if step == 1:  # what the step before gave is saved
                best.append(scores(output / "model-best"))
                stack.enter_context(files_at_most(5000))

        with pytest.raises(OSError, match=r"can't be written: .* and run again: '.*/model-last'$"):
            stage(before_update=fill)
    assert sorted(path.name for path in output.iterdir()) == ["model-best", "model-last"]
    for path in output.iterdir():
        np.testing.assert_array_equal(scores(path), best[0])
