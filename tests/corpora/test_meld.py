import csv
import shutil
from collections import Counter
from pathlib import Path

import pytest
import spacy

from spacy_casn import line_turns
from spacy_casn.corpora.conversion import convert, read_source, without_leaks
from spacy_casn.formats.faults import Faults
from spacy_casn.training.corpus import DialogueCorpus

from ..conftest import ROOT

HEADER = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID\n"


@pytest.fixture(scope="module")
def meld() -> Path:
    folder = ROOT / "assets" / "meld"
    if not (folder / "train_sent_emo.csv").exists():
        pytest.skip("MELD's tables are not in assets/meld")
    return folder


def rows_of(meld: Path, split: str) -> list[dict[str, str]]:
    with (meld / f"{split}_sent_emo.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def write_meld(folder: Path, rows: str) -> Path:
    folder.mkdir()
    for split in ("train", "dev", "test"):
        (folder / f"{split}_sent_emo.csv").write_text(HEADER + rows, encoding="utf-8")
    return folder


def test_its_files_are_known_by_name_and_sorted_by_utterance(tmp_path: Path) -> None:
    rows = "9,So?,Her-Friends,neutral,neutral,7,12\n9,Hi,Nurse #1,joy,positive,7,3\n"
    faults = Faults()
    splits = read_source(write_meld(tmp_path / "source", rows), faults, checksums=False)
    assert faults.repairs == []
    for (dialogue,) in splits.values():
        assert dialogue.turns == ["Hi", "So?"]
        assert dialogue.speakers == ["Nurse #1", "Her-Friends"]
        assert dialogue.emotions == ["joy", "neutral"]


def test_other_and_missing_files_are_refused(tmp_path: Path) -> None:
    source = write_meld(tmp_path / "source", "9,Hi,Nurse #1,joy,positive,7,3\n")
    with pytest.raises(ValueError, match=r"train_sent_emo\.csv' has the md5 sum .*`checksums`"):
        convert(source, tmp_path / "out")
    (source / "dev_sent_emo.csv").unlink()
    with pytest.raises(ValueError, match=r"lacks dev_sent_emo\.csv"):
        convert(source, tmp_path / "out", checksums=False)
    assert not (tmp_path / "out").exists()


def test_one_changed_byte_is_noticed(meld: Path, tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        shutil.copyfile(meld / f"{split}_sent_emo.csv", tmp_path / f"{split}_sent_emo.csv")
    with (tmp_path / "test_sent_emo.csv").open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ValueError, match="46c92f610268c703cb1a0472c76925e5"):
        read_source(tmp_path)


@pytest.mark.slow
def test_the_official_tables_are_kept_whole(meld: Path, tmp_path: Path) -> None:
    report = convert(meld, tmp_path, shared_labels=False)
    assert report.faults.repairs == []
    assert report.dialogues == {"train": 1038, "dev": 114, "test": 280}
    turns = {split: counts.total() for split, counts in report.emotions.items()}
    assert turns == {"train": 9989, "dev": 1109, "test": 2610}
    nlp = spacy.blank("en")
    for split in turns:
        rows = rows_of(meld, split)
        assert report.emotions[split] == Counter(row["Emotion"] for row in rows)
        docs = [ex.reference for ex in DialogueCorpus(tmp_path / f"{split}.spacy")(nlp)]
        spans = [span for doc in docs for span in doc.spans["turns"]]
        assert [(span.text, span.id_, span.label_) for span in spans] == [
            (row["Utterance"], row["Speaker"], row["Emotion"]) for row in rows
        ]
        from_text = [span for doc in docs for span in line_turns(nlp.make_doc(doc.text))]
        assert [span.id_ for span in from_text] == [row["Speaker"] for row in rows]


def test_the_official_tables_need_no_repair(meld: Path) -> None:
    for dialogues in read_source(meld).values():
        text = "\n".join(turn for dialogue in dialogues for turn in dialogue.turns)
        assert "\N{RIGHT SINGLE QUOTATION MARK}" in text
        assert not {char for char in text if "\x7f" <= char <= "\x9f" or char == "\ufffd"}


def test_one_train_dialogue_also_stands_in_test(meld: Path) -> None:
    splits, left_out = without_leaks(read_source(meld))
    assert (len(splits["train"]), left_out) == (1037, 1)
