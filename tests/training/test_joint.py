"""Several corpora at once: readers, batches, label shares."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import DocBin
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.data.types import CORPUS_ATTR
from spacy_casn.training.joint import (
    corpus_of,
    label_shares,
    make_joint_corpus_v1,
    make_joint_dialogues_v1,
    n_turns,
)

NLP = spacy.blank("en")


def save(folder: Path, dialogues: list[list[str]]) -> Path:
    """Write dialogues with these labels as the train split."""
    docs = [make_dialogue(NLP, ["Hi"] * len(turns), emotions=turns) for turns in dialogues]
    folder.mkdir(parents=True)
    DocBin(docs=docs, store_user_data=True).to_disk(folder / "train.spacy")
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, str | Path | None]:
    chats = save(tmp_path / "chats", [["anger", "calm", "calm", "calm"]] * 10)
    comments = save(tmp_path / "comments", [["joy"], ["calm"], [""]] * 100)
    return {"chats": chats, "comments": comments, "calls": None}


def read(folders: dict[str, str | Path | None], **settings: object) -> list[Example]:
    return list(make_joint_corpus_v1(folders, **settings)(NLP))  # type: ignore[arg-type]


def test_each_dialogue_knows_its_corpus(folders: dict[str, str | Path | None]) -> None:
    found = Counter(corpus_of(example, "turns") for example in read(folders))
    assert found == {"chats": 10, "comments": 300}


def test_shares_are_those_of_counting(folders: dict[str, str | Path | None]) -> None:
    labels = ["anger", "calm", "joy"]
    shares, turns = label_shares(read(folders), labels, "turns")
    assert turns == {"chats": 40, "comments": 200}
    np.testing.assert_allclose(shares["chats"], np.array([10.5, 30.5, 0.5]) / 41.5)
    np.testing.assert_allclose(shares["comments"], np.array([0.5, 100.5, 100.5]) / 201.5)


def test_shared_labels_count_in_parts(folders: dict[str, str | Path | None]) -> None:
    examples = read(folders)[:1]
    group = examples[0].reference.spans["turns"]
    scores = np.tile(np.array([0.25, 0.75], np.float32), (4, 1))
    group.attrs |= {"scores": scores, "labels": ["calm", "anger"]}
    shares, _ = label_shares(examples, ["anger", "calm"], "turns")
    np.testing.assert_allclose(shares["chats"], np.array([3.5, 1.5]) / 5, rtol=1e-6)


def test_a_corpus_has_its_share_of_the_turns(folders: dict[str, str | Path | None]) -> None:
    examples = read(folders)
    for power, weights, expected in ((0.0, None, 0.5), (1.0, None, 40 / 340), (0.0, 3.0, 0.75)):
        batcher = make_joint_dialogues_v1(
            size=40, power=power, weights={"chats": weights} if weights else None
        )
        counts: Counter[str] = Counter()
        for _ in range(20):
            for batch in batcher(examples):
                for example in batch:
                    counts[corpus_of(example, "turns")] += n_turns(example, "turns")
        assert counts["chats"] / counts.total() == pytest.approx(expected, abs=0.02)


def test_every_dialogue_comes_before_one_comes_again(
    folders: dict[str, str | Path | None],
) -> None:
    examples = read(folders)
    batcher = make_joint_dialogues_v1(size=34, power=1.0)
    drawn = [id(example) for batch in batcher(examples) for example in batch]
    assert max(Counter(drawn).values()) - min(Counter(drawn).values()) <= 1
    assert len(set(drawn)) >= len(examples) - 1


def test_unreliable_labels_become_soft(folders: dict[str, str | Path | None]) -> None:
    example = read(folders, reliability={"comments": 0.8})[10]
    group = example.reference.spans["turns"]
    row = dict(zip(group.attrs["labels"], group.attrs["scores"][0], strict=True))
    assert row[group[0].label_] == pytest.approx(0.8 + 0.2 * 0.5, abs=0.01)
    assert sum(row.values()) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folders": {"a": None}}, "has no folders: give at least one"),
        ({"folders": {"a": "x"}, "reliability": {"a": 0.0}}, r"reliability\.a = 0\.0 .* above 0"),
        ({"folders": {"a": "x"}, "reliability": {"b": 0.5}}, r"reliability\.b = 0\.5 .* one of a"),
    ],
)
def test_a_wrong_setting_is_one_sentence(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make_joint_corpus_v1(**settings)  # type: ignore[arg-type]


def test_a_weight_of_no_corpus_is_refused(folders: dict[str, str | Path | None]) -> None:
    batcher = make_joint_dialogues_v1(weights={"letters": 2.0})
    with pytest.raises(ValueError, match=r"weights\.letters .* is of no corpus"):
        next(batcher(read(folders)))


def test_the_name_replaces_what_a_file_says(folders: dict[str, str | Path | None]) -> None:
    for example in read(folders):
        assert example.reference.spans["turns"].attrs[CORPUS_ATTR] in folders
