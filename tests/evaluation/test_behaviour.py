import json
import re
from collections import Counter
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from typer.testing import CliRunner

from spacy_casn.cli import app
from spacy_casn.evaluation.behaviour import KINDS, measure_behaviour, read_suite
from spacy_casn.packaging.card_writer import write_card

from ..conftest import ROOT

RUNNER = CliRunner()
WON = [{"speaker": "Ann", "text": "Hello there."}, {"speaker": "Ben", "text": "You won!"}]
CASES = {
    "plain": [
        {"id": "plain-1", "kind": "must be", "turns": WON, "emotions": ["happiness", "surprise"]},
        {"id": "plain-2", "kind": "must be", "turns": WON, "emotions": ["anger"], "note": "wrong"},
    ],
    "names": [
        {"id": "names-1", "kind": "must not change", "turns": WON, "changed": [WON[0], WON[1]]},
        {"id": "names-2", "kind": "must not change", "turns": WON, "changed": WON[:1]},
        {"id": "names-3", "kind": "must rise", "turns": WON[:1], "changed": WON}
        | {"emotion": "happiness"},
        {"id": "names-4", "kind": "must rise", "turns": WON, "changed": WON, "emotion": "anger"},
    ],
}


@pytest.fixture
def suite(tmp_path: Path) -> Path:
    folder = tmp_path / "tiny suite"
    folder.mkdir()
    for name, cases in CASES.items():
        lines = "\n".join(map(json.dumps, cases))
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (folder / "README.md").write_text("Not a case.", encoding="utf-8")
    return folder


def test_what_fails_is_counted_by_capability_and_kind(trained: Language, suite: Path) -> None:
    found = measure_behaviour(trained, suite)
    assert found["failures"] == ["names-2", "names-4", "plain-2"]
    assert (found["suite"], found["cases"], found["failed"]) == ("tiny suite", 6, 3)
    half = {"cases": 2, "failed": 1}
    assert found["capabilities"] == {
        "names": {"must not change": half, "must rise": half},
        "plain": {"must be": half},
    }
    assert found["all"] == dict.fromkeys(KINDS, half)


def test_a_turn_that_is_left_without_label_is_none_of_some(trained: Language, suite: Path) -> None:
    trained.get_pipe("casn_emotion").abstain_below = 1.0
    assert measure_behaviour(trained, suite)["failures"] == ["names-4", "plain-1", "plain-2"]


def test_the_command_prints_rates_and_the_card_has_them(
    trained: Language, suite: Path, tmp_path: Path
) -> None:
    trained.to_disk(tmp_path / "pipeline")
    output = tmp_path / "behaviour.json"
    command = ["evaluate", tmp_path / "pipeline", "--behaviour", suite, "--output", output]
    result = RUNNER.invoke(app, list(map(str, command)))
    assert result.exit_code == 0, result.output
    assert "3 of 6 cases failed" in result.output
    assert re.search(r"names +50\.0 \(of 2\) +50\.0 \(of 2\)", result.output)
    nlp = spacy.load(tmp_path / "pipeline")
    written = json.loads(output.read_text(encoding="utf-8"))
    assert written["behaviour"] == measure_behaviour(nlp, suite)
    assert "emotion_acc" not in written
    folder = write_card(tmp_path / "pipeline", tmp_path / "card", metrics=[output])
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert "| what it is about | must be | must not change | must rise |" in card
    assert "| names |  | 50.0 (of 2) | 50.0 (of 2) |" in card
    assert "| **all** | 50.0 (of 2) | 50.0 (of 2) | 50.0 (of 2) |" in card
    assert "Not measured." not in card


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ({"kind": "must be", "emotions": ["anger"]}, "'id' is missing"),
        ({"id": "a", "kind": "must sing"}, "the kind 'must sing' is unknown"),
        ({"id": "a", "kind": "must be", "emotions": []}, "'emotions' is missing"),
        ({"id": "a", "kind": "must not change"}, "'changed' is missing"),
        ({"id": "a", "kind": "must be", "emotions": ["anger"], "changed": WON}, "'changed' is no"),
        ({"id": "a", "kind": "must be", "emotions": ["anger"], "turns": [{"txt": ""}]}, "text"),
        (["a"], "list indices"),
    ],
)
def test_a_line_that_is_no_case_is_named(tmp_path: Path, case: object, message: str) -> None:
    line = {"turns": WON, **case} if isinstance(case, dict) else case
    (tmp_path / "plain.jsonl").write_text(json.dumps(line), encoding="utf-8")
    with pytest.raises(ValueError, match=rf"plain\.jsonl', line 1, is no case \(.*{message}"):
        read_suite(tmp_path)


def test_what_has_no_cases_or_other_labels_is_refused(trained: Language, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no cases"):
        measure_behaviour(trained, tmp_path)
    case = {"id": "a-1", "kind": "must be", "turns": WON, "emotions": ["joy"]}
    (tmp_path / "a.jsonl").write_text(json.dumps(case), encoding="utf-8")
    with pytest.raises(ValueError, match=r"The case 'a-1' .* asks for 'joy', which is none of"):
        measure_behaviour(trained, tmp_path)


def test_nothing_to_measure_on_is_refused() -> None:
    result = RUNNER.invoke(app, ["evaluate", "pretrained"])
    assert result.exit_code == 1
    assert "Nothing to measure 'pretrained' on" in result.output
    assert "--behaviour" in result.output


def test_the_suite_of_this_project_is_whole() -> None:
    """Enough cases of every kind, each with a name of its own and labels that there are."""
    cases = read_suite(ROOT / "tests" / "behaviour")
    labels = {"anger", "disgust", "fear", "happiness", "no emotion", "sadness", "surprise"}
    assert len(cases) >= 600
    assert len({case.id for case in cases}) == len(cases)
    assert {emotion for case in cases for emotion in case.emotions} == labels
    assert min(Counter(case.kind for case in cases).values()) >= 100
    assert len({case.capability for case in cases}) == 16
    for case in cases:
        assert 1 <= len(case.turns) <= 6
        assert case.turns != case.changed
