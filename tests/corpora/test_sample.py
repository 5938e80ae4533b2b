from pathlib import Path

import pytest

from spacy_casn.corpora.conversion import read_source, without_leaks
from spacy_casn.corpora.dailydialog import EMOTIONS
from spacy_casn.corpora.source import Splits
from spacy_casn.formats.faults import Faults

from ..conftest import ROOT


@pytest.fixture(scope="module")
def splits() -> Splits:
    faults = Faults()
    splits = read_source(ROOT / "corpus" / "sample", faults)
    assert faults.repairs == []
    return splits


def test_every_split_has_all_labels_and_speakers(splits: Splits) -> None:
    assert sum(map(len, splits.values())) >= 150
    for dialogues in splits.values():
        emotions = {emotion for dialogue in dialogues for emotion in dialogue.emotions}
        assert emotions == set(EMOTIONS)
        assert all(all(dialogue.speakers) for dialogue in dialogues)


def test_no_dialogue_stands_twice(splits: Splits) -> None:
    assert without_leaks(splits)[1] == 0
    turns = [tuple(dialogue.turns) for dialogues in splits.values() for dialogue in dialogues]
    assert len(set(turns)) == len(turns)


def test_its_readme_counts_right(splits: Splits) -> None:
    text = Path(ROOT, "corpus", "sample", "README.md").read_text(encoding="utf-8")
    assert f"{sum(map(len, splits.values()))} short English dialogues" in text
    for split, dialogues in splits.items():
        assert f"| `{split}.jsonl` | {len(dialogues)} |" in text
