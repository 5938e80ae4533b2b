import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import spacy
from spacy.util import registry
from thinc.api import Model

CONTRACT = {
    "architectures": [
        "CasnModel.v1",
        "SentenceTransformerEncoder.v1",
        "TransformerTurnEncoder.v1",
        "TransformerContext.v1",
        "NoContext.v1",
        "RelationClassifier.v1",
    ],
    "misc": [
        "BalancedCrossEntropy.v1",
        "Distillation.v1",
        "Triplet.v1",
        "SupervisedContrastive.v1",
        "Prototypical.v1",
        "line_turns.v1",
    ],
    "readers": ["DialogueCorpus.v1"],
    "batchers": ["balanced_dialogues.v1"],
    "scorers": ["emotion_scorer.v1"],
    "callbacks": ["portable.v1"],
}


@pytest.mark.parametrize(
    ("group", "name"), [(group, name) for group, names in CONTRACT.items() for name in names]
)
def test_every_name_resolves(group: str, name: str) -> None:
    assert callable(getattr(registry, group).get(f"spacy_casn.{name}"))


def test_every_name_builds(fake_encoder: Path, fake_bert: Path) -> None:
    def get(group: str, name: str) -> Callable:
        return getattr(registry, group).get(f"spacy_casn.{name}")

    architecture = registry.architectures
    for encoder in (
        get("architectures", "SentenceTransformerEncoder.v1")(str(fake_encoder)),
        get("architectures", "TransformerTurnEncoder.v1")(str(fake_bert)),
    ):
        for context in ("TransformerContext.v1", "NoContext.v1"):
            model = architecture.get("spacy_casn.CasnModel.v1")(
                encoder, get("architectures", context)()
            )
            assert isinstance(model, Model)
    objectives = ("Distillation.v1", "Triplet.v1", "SupervisedContrastive.v1", "Prototypical.v1")
    for objective in objectives:
        assert callable(get("misc", objective)(get("misc", "BalancedCrossEntropy.v1")()))
    for group in ("batchers", "scorers", "callbacks"):
        assert callable(get(group, CONTRACT[group][0])())
    assert callable(get("readers", "DialogueCorpus.v1")(Path("somewhere")))
    assert get("misc", "line_turns.v1")()(spacy.blank("en")("")) == []


def test_no_import_is_needed() -> None:
    code = "import spacy; spacy.blank('en').add_pipe('casn_emotion')"
    subprocess.run([sys.executable, "-c", code], check=True)
