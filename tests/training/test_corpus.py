from pathlib import Path

import catalogue
import pytest
import spacy
import srsly.msgpack
from spacy.tokens import DocBin, Span

from spacy_casn import make_dialogue
from spacy_casn.training.corpus import make_dialogue_corpus_v1

NLP = spacy.blank("en")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    docs = [
        make_dialogue(NLP, ["Hi", f"Bye {number}"], speakers=["A", "B"], emotions=["joy", None])
        for number in range(3)
    ]
    DocBin(docs=docs).to_disk(tmp_path / "train.spacy")
    return tmp_path / "train.spacy"


def test_predicted_docs_have_turns_and_speakers_but_no_labels(path: Path) -> None:
    for example in make_dialogue_corpus_v1(path)(spacy.blank("en")):
        assert example.predicted.text == example.reference.text
        turns = example.predicted.spans["turns"]
        assert [(turn.text, turn.id_, turn.label_) for turn in turns] == [
            (turn.text, turn.id_, "") for turn in example.reference.spans["turns"]
        ]
        assert example.reference.spans["turns"][0].label_ == "joy"


def test_a_folder_is_read_whole_and_a_limit_holds(path: Path) -> None:
    (path.parent / "more.spacy").write_bytes(path.read_bytes())
    assert len(list(make_dialogue_corpus_v1(path.parent)(NLP))) == 6
    assert len(list(make_dialogue_corpus_v1(path.parent, limit=4)(NLP))) == 4


def test_missing_and_broken_files_are_named(path: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No corpus: give its `path`"):
        list(make_dialogue_corpus_v1(None)(NLP))
    with pytest.raises(ValueError, match=r"No dialogues at '.*nowhere'"):
        list(make_dialogue_corpus_v1(tmp_path / "nowhere")(NLP))
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match=r"train\.spacy' is no readable DocBin"):
        list(make_dialogue_corpus_v1(path)(NLP))


def test_overlapping_turns_are_named_by_file_and_dialogue(path: Path) -> None:
    doc = NLP.make_doc("one two three")
    doc.spans["turns"] = [Span(doc, 0, 2), Span(doc, 1, 3)]
    DocBin(docs=[make_dialogue(NLP, ["Hi"]), doc]).to_disk(path)
    with pytest.raises(ValueError, match=r"train\.spacy', dialogue 2: Turn 2 \('two three'\)"):
        list(make_dialogue_corpus_v1(path)(NLP))


def test_plugins_of_msgpack_are_looked_up_once(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "REGISTRY", dict(catalogue.REGISTRY))
    decoders = srsly.msgpack.msgpack_decoders
    decoded = []

    def decoder(value: object, chain: object = None) -> object:
        decoded.append(value)
        return value if chain is None else chain(value)

    found = []

    def search() -> dict[str, object]:
        found.append(decoder)
        return {"plugin": decoder}

    monkeypatch.setattr(decoders, "get_entry_points", search)
    assert len(list(make_dialogue_corpus_v1(path)(spacy.blank("en")))) == 3
    assert len(found) == 1
    assert len(decoded) > 3
    assert decoders.entry_points
