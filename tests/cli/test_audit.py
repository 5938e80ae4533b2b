import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from spacy_casn.cli import app

RUNNER = CliRunner()
LEAKED = [{"text": "Hi"}, {"text": "Oh!", "emotion": "joy"}]
NEARLY = [{"text": "hi!"}, {"text": "Oh", "emotion": "joy"}]
OTHER = [{"text": "..."}, {"text": "No", "speaker": "Ann", "emotion": "fear"}]


def run(*args: object) -> tuple[int, str]:
    result = RUNNER.invoke(app, ["audit", *map(str, args)])
    return result.exit_code, " ".join(result.output.split())


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    splits = {"train": [LEAKED, OTHER], "dev": [OTHER], "test": [NEARLY]}
    for split, dialogues in splits.items():
        lines = "".join(json.dumps({"turns": turns}) + "\n" for turns in dialogues)
        (tmp_path / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    return tmp_path


def test_a_corpus_is_shown_in_tables(corpus: Path) -> None:
    code, output = run(corpus, "--output", corpus / "audit.json")
    assert code == 0, output
    assert "label train % dev % test %" in output
    assert "fear 1 50.00 1 100.00 0 -" in output
    assert "unlabelled 2 1 1" in output
    assert "train 2 4 2 / 2 / 2.0 / 2 0 / 1 / 0.8 / 1" in output
    assert "dev 1 1 0 1 1 / 1 / 1.0 / 1" in output
    assert "test 0 0 0 0 -" in output
    assert "in train nearly in dev nearly in test nearly" in output
    assert "train 0 0 1 0 0 1" in output
    assert "test 0 1 0 0 0 0" in output
    assert "test 0 0.0 0" in output
    assert "dev: 1 dialogues (1) that also stand in train." in output
    assert "test: 1 dialogues (1) that also stand in train, nearly word for word." in output
    assert "train: 1 dialogues (2) with turns without words." in output
    assert "dev: 1 dialogues name only some of their speakers." in output
    assert "dev: no turn with the label joy." in output
    assert json.loads((corpus / "audit.json").read_text(encoding="utf-8"))["splits"]["dev"]


def test_a_clean_corpus_has_nothing_to_look_at(tmp_path: Path) -> None:
    (tmp_path / "talk.jsonl").write_text(json.dumps({"turns": LEAKED * 2}), encoding="utf-8")
    code, output = run(tmp_path / "talk.jsonl")
    assert code == 0, output
    assert "Nothing." in output.split("To look at")[1]


def test_tables_are_read_by_their_columns(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.csv").write_text("call,said\n1,Hi\n1,Oh\n", encoding="utf-8")
    code, output = run(tmp_path, "--dialogue-column", "call", "--text-column", "said")
    assert code == 0, output
    assert "unlabelled 2 2 2" in output
    code, output = run(tmp_path, "--dialogue-column", "call")
    assert (code, "which column holds what is said" in output) == (1, True)


def test_a_missing_corpus_is_one_sentence(tmp_path: Path) -> None:
    code, output = run(tmp_path / "nowhere", "-o", tmp_path / "audit.json")
    assert (code, "No folder" in output) == (1, True)
    assert not (tmp_path / "audit.json").exists()
