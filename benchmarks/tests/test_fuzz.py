"""The fuzz run finds and counts what goes wrong."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

import pytest

from benchmarks.reliability import fuzz
from spacy_casn.data import dialogue as dialogue_module
from tests.hostile.targets import Dialogue, LostTurnError, Targets
from tests.hostile.text import Said, random_dialogue


def said(*texts: str) -> Dialogue:
    return [Said("", text) for text in texts]


def check(dialogues: Sequence[Dialogue]) -> int:
    texts = [turn.text for dialogue in dialogues for turn in dialogue]
    if "crash" in texts:
        raise RuntimeError("it broke")
    if "lose" in texts:
        raise LostTurnError("a turn is gone")
    return 1


def test_what_fails_in_a_batch_is_found_and_kept() -> None:
    batch = [said("a"), said("b", "crash"), said("c"), said("lose"), said("crash")]
    tally = fuzz.feed([check], iter([batch, [said("d")]]), "some")
    assert (tally.inputs, tally.turns, tally.crashes, tally.lost) == (6, 7, 2, 1)
    assert [(found["error"], found["target"]) for found in tally.failures] == [
        ("RuntimeError('it broke')", "some"),
        ("LostTurnError('a turn is gone')", "some"),
        ("RuntimeError('it broke')", "some"),
    ]
    assert "text='b'" in tally.failures[0]["input"]


def test_what_fails_only_together_is_counted_once() -> None:
    def only_together(dialogues: Sequence[Dialogue]) -> int:
        if len(dialogues) > 2:
            raise RuntimeError("it broke")
        return 0

    tally = fuzz.feed([only_together], iter([[said("a")] * 4]), "some")
    assert (tally.crashes, len(tally.failures)) == (1, 1)


def test_the_same_seed_makes_the_same_dialogues() -> None:
    one, other, third = (random_dialogue(Random(seed)) for seed in (1, 1, 2))
    assert one == other != third


@pytest.mark.parametrize("name", ["make_dialogue", "getter", "session", "render"])
def test_a_package_that_loses_something_is_caught(
    targets: Targets, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    one_line = dialogue_module._one_line
    monkeypatch.setattr(dialogue_module, "_one_line", lambda text: one_line(text)[:5])
    check = getattr(targets, name)
    check([said("Hello", "you")])
    with pytest.raises(LostTurnError, match=r"number 2 is .*there!"):
        check([said("Hello", "there!")])


@pytest.mark.slow
def test_a_small_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_encoder: str) -> None:
    monkeypatch.setattr(fuzz, "LARGE", fuzz.LARGE[:1])
    monkeypatch.setattr(
        sys, "argv", ["fuzz", "--inputs", "50", "--output", str(tmp_path / "f.json")]
    )
    fuzz.main()
    metrics = json.loads((tmp_path / "f.json").read_text(encoding="utf-8"))
    assert metrics["inputs"] == 56
    assert metrics["targets"].keys() == fuzz.SHARES.keys()
    assert metrics["crashes"] == metrics["lost"] == 0
    assert metrics["failures"] == []
