import json
from pathlib import Path
from statistics import mean, median

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc, DocBin, Span, SpanGroup

from spacy_casn import make_dialogue
from spacy_casn.corpora.audit import audit
from spacy_casn.corpora.conversion import convert
from spacy_casn.corpora.statistics import MISPLACED, NO_TURNS, ONE_TURN, WORDLESS, SplitStatistics

NLP = spacy.blank("en")
Turn = tuple[str, str, str]
"""Speaker, words and emotion."""


def doc(*turns: Turn) -> Doc:
    return make_dialogue(
        NLP,
        [text for _, text, _ in turns],
        speakers=[speaker for speaker, _, _ in turns],
        emotions=[emotion for _, _, emotion in turns],
    )


def save(path: Path, *docs: Doc) -> Path:
    path.parent.mkdir(exist_ok=True)
    DocBin(docs=docs).to_disk(path)
    return path


def of(path: Path) -> SplitStatistics:
    (found,) = audit(path).splits.values()
    return found


GREETING = doc(("Ann", "Hello there.", "joy"), ("Ben", "Hi, it's me!", ""))
SHOUTED = doc(("", "HELLO   there.", "fear"), ("", "hi , it 's me !", "joy"))
FAREWELL = doc(("Ann", "Bye.", "joy"), ("Ann", "bye.", "sadness"), ("", "Never mind.", "joy"))


def test_a_file_is_counted(tmp_path: Path) -> None:
    found = of(save(tmp_path / "talk.spacy", GREETING, FAREWELL))
    assert (found.dialogues, found.turns, found.unlabelled) == (2, 5, 1)
    assert {label: count.turns for label, count in found.labels.items()} == {"joy": 3, "sadness": 1}
    assert found.labels["joy"].share == 0.75
    speakers = found.speakers
    assert (speakers.names, speakers.named_turns) == (2, 4)
    assert (speakers.named_dialogues, speakers.partly_named_dialogues) == (1, 1)
    assert speakers.per_dialogue is not None
    assert (speakers.per_dialogue.minimum, speakers.per_dialogue.maximum) == (1, 2)
    assert (found.repeated_turns, found.echoes) == (1, 1)


def test_spreads_equal_the_statistics_module(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 9, size=12).tolist()
    words = [rng.integers(1, 7, size=length).tolist() for length in lengths]
    docs = [doc(*(("", "word " * count, "") for count in counts)) for counts in words]
    found = of(save(tmp_path / "talk.spacy", *docs))
    every = [count for counts in words for count in counts]
    for spread, expected in ((found.turns_per_dialogue, lengths), (found.words_per_turn, every)):
        assert spread is not None
        assert (spread.minimum, spread.maximum) == (min(expected), max(expected))
        assert spread.median == median(expected)
        assert spread.mean == pytest.approx(mean(expected))


@pytest.mark.parametrize(
    ("text", "words"),
    [("It's me, Ben!", 3), ("Don’t !", 1), ("...", 0), ("Room 12 , please .", 3), ("__", 0)],
)
def test_words_are_what_has_letters_or_digits(tmp_path: Path, text: str, words: int) -> None:
    spread = of(save(tmp_path / "talk.spacy", doc(("", text, "")))).words_per_turn
    assert spread is not None
    assert spread.mean == words


def test_dialogues_of_several_splits_are_found(tmp_path: Path) -> None:
    save(tmp_path / "train.spacy", GREETING, FAREWELL, GREETING)
    save(tmp_path / "dev.spacy", FAREWELL)
    save(tmp_path / "test.spacy", doc(("", "No.", "joy")), SHOUTED)
    found = audit(tmp_path)
    assert list(found.splits) == ["train", "dev", "test"]
    assert {name: split.repeated for name, split in found.splits.items()} == {
        "train": {"train": [3], "dev": [2], "test": []},
        "dev": {"train": [1], "dev": [], "test": []},
        "test": {"train": [], "dev": [], "test": []},
    }
    assert {name: split.nearly_repeated for name, split in found.splits.items()} == {
        "train": {"train": [], "dev": [], "test": [1, 3]},
        "dev": {"train": [], "dev": [], "test": []},
        "test": {"train": [2], "dev": [], "test": []},
    }
    assert found.labels_seen_once == ["fear"]
    assert found.labels_missing == {
        "train": ["fear"],
        "dev": ["fear"],
        "test": ["sadness"],
    }


def test_malformed_dialogues_are_numbered(tmp_path: Path) -> None:
    overlapping, unordered, empty_turn = (Doc(NLP.vocab, words=list("abcd")) for _ in range(3))
    for target, places in (
        (overlapping, [(0, 2), (1, 4)]),
        (unordered, [(2, 4), (0, 2)]),
        (empty_turn, [(0, 2), (2, 2)]),
    ):
        spans = [Span(target, start, end, label="joy") for start, end in places]
        target.spans["turns"] = SpanGroup(target, name="turns", spans=spans)
    docs = [GREETING, doc(("", "Hi", "joy")), Doc(NLP.vocab), doc(("", "", ""), ("", "Hm", ""))]
    found = of(save(tmp_path / "odd.spacy", *docs, overlapping, unordered, empty_turn))
    assert found.malformed == {
        NO_TURNS: [3],
        ONE_TURN: [2],
        WORDLESS: [4, 7],
        MISPLACED: [5, 6, 7],
    }
    assert found.repeated == {"odd": []}


def test_transcripts_without_spans_are_read_by_their_lines(tmp_path: Path) -> None:
    found = of(save(tmp_path / "talk.spacy", NLP.make_doc("Ann: Hello there.\nBen: Hi!")))
    assert (found.turns, found.unlabelled, found.speakers.names) == (2, 2, 2)


def test_turns_may_stand_under_another_key(tmp_path: Path) -> None:
    other = make_dialogue(NLP, ["One two.", "Three."], emotions=["joy", "joy"], spans_key="said")
    (found,) = audit(save(tmp_path / "talk.spacy", other), spans_key="said").splits.values()
    assert found.labels["joy"].turns == 2


def test_jsonl_gives_what_its_docbin_gives(tmp_path: Path) -> None:
    turns = [{"text": "Hi!", "speaker": "Ann", "emotion": "joy"}, {"text": "Oh"}, {"text": "Oh"}]
    for split in ("train", "dev", "test"):
        lines = json.dumps({"turns": turns}) + "\n"
        (tmp_path / f"{split}.jsonl").write_text(lines * 2, encoding="utf-8")
    before = audit(tmp_path).splits
    assert before["train"].dialogues == 2
    assert of(tmp_path / "dev.jsonl").turns == 6
    convert(tmp_path, tmp_path / "converted")
    assert audit(tmp_path / "converted").splits == before


def test_all_is_written_as_json(tmp_path: Path) -> None:
    save(tmp_path / "corpus" / "train.spacy", GREETING)
    save(tmp_path / "corpus" / "test.spacy", SHOUTED, Doc(NLP.vocab), Doc(NLP.vocab))
    audit(tmp_path / "corpus", tmp_path / "made" / "audit.json")
    written = json.loads((tmp_path / "made" / "audit.json").read_text(encoding="utf-8"))
    assert written["splits"]["test"]["nearly_repeated"] == {"train": [1], "test": []}
    assert written["splits"]["train"]["labels"] == {"joy": {"turns": 1, "share": 1.0}}
    assert written["splits"]["test"]["turns_per_dialogue"]["median"] == 0.0
    assert written["splits"]["test"]["malformed"][NO_TURNS] == [2, 3]
    assert written["labels_missing"] == {"train": ["fear"], "test": []}


def test_a_corpus_without_turns_has_no_spreads(tmp_path: Path) -> None:
    found = of(save(tmp_path / "none.spacy"))
    assert (found.dialogues, found.labels) == (0, {})
    assert (found.turns_per_dialogue, found.words_per_turn, found.speakers.per_dialogue) == (
        None,
        None,
        None,
    )


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "bad.spacy").write_bytes(b"no")
    (tmp_path / "a.bin").write_bytes(bytes(range(256)))
    (tmp_path / "b.jsonl").write_text('{"turns": 3}', encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad.spacy' is no readable DocBin"):
        audit(tmp_path / "bad.spacy")
    with pytest.raises(ValueError, match=r"a.bin' has no format that is known for certain"):
        audit(tmp_path / "a.bin")
    with pytest.raises(ValueError, match=r"b.jsonl, line 1: no dialogue"):
        audit(tmp_path / "b.jsonl")
    with pytest.raises(ValueError, match="No folder"):
        audit(tmp_path / "nowhere")


def test_the_leak_of_dailydialog_is_the_known_one(dailydialog: Path) -> None:
    splits = audit(dailydialog).splits
    assert len(splits["dev"].repeated["train"]) == 69
    assert len(splits["test"].repeated["train"]) == 93
    assert len(splits["test"].nearly_repeated["train"]) == 149 - 93
    assert splits["train"].unlabelled == 1
    assert splits["test"].labels["fear"].turns == 17
