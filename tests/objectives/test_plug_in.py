"""A third party ships an objective of its own: one module, and one line of entry points."""

import sys
from collections.abc import Iterator
from importlib.metadata import entry_points
from pathlib import Path

import catalogue
import pytest

from ..conftest import MakeNlp, examples_of

MODULE = '''
from dataclasses import dataclass

from torch.nn import functional as F

@dataclass
class Focal:
    """Focal loss (Lin et al. 2017): turns that are right already count less."""

    focus: float = 2.0

    def __call__(self, vectors, logits, classes, taught=None):
        right = F.log_softmax(logits, dim=1).gather(1, classes[:, None])[:, 0]
        return -((1 - right.exp()) ** self.focus * right).mean()
'''
ENTRY_POINTS = """
[spacy_misc]
theirs.Focal.v1 = their_objective:Focal
"""


@pytest.fixture
def plug_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Their distribution, as pip would install it."""
    (tmp_path / "their_objective.py").write_text(MODULE, encoding="utf-8")
    info = tmp_path / "theirs-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    # Read once, when spaCy is imported.
    monkeypatch.setattr(catalogue, "AVAILABLE_ENTRY_POINTS", entry_points())
    yield
    sys.modules.pop("their_objective", None)


@pytest.mark.usefixtures("plug_in")
def test_an_objective_that_others_ship_trains_the_component(make_nlp: MakeNlp) -> None:
    nlp = make_nlp(objective={"@misc": "theirs.Focal.v1", "focus": 1.0})
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    losses = [nlp.update(examples, sgd=optimizer)["casn_emotion"] for _ in range(20)]
    assert nlp.get_pipe("casn_emotion").objective.focus == 1.0
    assert losses[-1] < losses[0] / 2
