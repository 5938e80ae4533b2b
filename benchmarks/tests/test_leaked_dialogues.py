"""The figures of test dialogues, by whether they also stand in train."""

from pathlib import Path

import pytest
from spacy.language import Language
from spacy.tokens import Doc, DocBin

from benchmarks.accuracy import leaked_dialogues
from benchmarks.reports import measured_tables
from spacy_casn import make_dialogue
from spacy_casn.evaluation.evaluate import evaluate
from tests.conftest import examples_of


def save(path: Path, docs: list[Doc]) -> Path:
    DocBin(docs=docs).to_disk(path)
    return path


def test_the_figures_of_a_group_are_those_of_its_dialogues_alone(
    trained: Language, tmp_path: Path
) -> None:
    corpus, model = tmp_path / "corpus", tmp_path / "ce-0" / "model-best"
    for folder in (corpus, model):
        folder.mkdir(parents=True)
    trained.to_disk(model)
    learned = [example.reference for example in examples_of(trained)]
    shouted = [turn.text.upper() for turn in learned[1].spans["turns"]]
    nearly = make_dialogue(trained, shouted, emotions=["anger", "anger", "surprise", "surprise"])
    new = make_dialogue(trained, ["Note!", "You won?"], emotions=["happiness", "surprise"])
    save(corpus / "train.spacy", learned)
    test = save(corpus / "test.spacy", [new, learned[2], nearly, learned[0]])

    groups = leaked_dialogues.leaked(corpus)
    assert groups == {"new": [0], "nearly in train": [2], "in train": [1, 3]}
    found = leaked_dialogues.figures(model, test, groups)
    parts = {
        "new": save(tmp_path / "new.spacy", [new]),
        "nearly in train": save(tmp_path / "nearly.spacy", [nearly]),
        "in train": save(tmp_path / "old.spacy", [learned[2], learned[0]]),
        "all": test,
    }
    assert found.keys() == parts.keys()
    for name, path in parts.items():
        expected = evaluate(str(model), path, bootstrap=0)
        assert found[name] == pytest.approx({key: expected[key] for key in found[name]}), name
    assert found["in train"]["emotion_macro_f"] == 1.0
    assert found["all"]["emotion_macro_f"] < 1.0


def test_the_table_has_mean_and_spread_over_seeds() -> None:
    figures = {"emotion_macro_f": 0.4, "emotion_micro_f": 0.5, "emotion_mcc": 0.6}
    better = {name: value + 0.02 for name, value in figures.items()}
    metrics = {
        "dialogues": {"new": 8, "in train": 2},
        "runs": {
            "ce": {
                "0": {"new": figures, "in train": better, "all": figures},
                "1": {"new": better, "in train": better, "all": better},
            },
            "finetune": {"0": {"new": better, "in train": better, "all": better}},
        },
    }
    assert measured_tables.leaked(metrics).splitlines()[2:] == [
        "| 8 new | stage 1 | 2 | 41.0 ± 1.4 | 51.0 ± 1.4 | 61.0 ± 1.4 |",
        "| 8 new | stage 1, then fine-tuned | 1 | 42.0 | 52.0 | 62.0 |",
        "| 2 in train | stage 1 | 2 | 42.0 ± 0.0 | 52.0 ± 0.0 | 62.0 ± 0.0 |",
        "| 2 in train | stage 1, then fine-tuned | 1 | 42.0 | 52.0 | 62.0 |",
    ]
