import json
import re
import zipfile
from pathlib import Path

import pytest

from spacy_casn.corpora import dailydialog
from spacy_casn.formats.faults import Faults

TURNS = "dialogues_train.txt"
LABELS = "dialogues_emotion_train.txt"


def write(folder: Path, texts: bytes, labels: bytes) -> Path:
    with zipfile.ZipFile(folder / "train.zip", "w") as archive:
        archive.writestr(f"train/{TURNS}", texts)
        archive.writestr(f"train/{LABELS}", labels)
    return folder / "train.zip"


def test_dialogues_have_turns_labels_and_places(tmp_path: Path) -> None:
    path = write(tmp_path, b"Hi . __eou__ No\n Why ? __eou__ \n", b"0 4\n6\n")
    first, second = dailydialog.read(tmp_path, "train", Faults())
    assert (first.turns, first.emotions) == (["Hi .", "No"], ["no emotion", "happiness"])
    assert (second.turns, second.emotions) == (["Why ?"], ["surprise"])
    assert (first.speakers, second.speakers) == (["", ""], [""])
    assert second.place == f"{path}, train/{LABELS}, line 2"


@pytest.mark.parametrize(
    ("labels", "repair"),
    [
        (b"1 1\n", "2 labels for 3 turns; the last turn is unlabelled"),
        (b"1\n", "1 labels for 3 turns; the last 2 turns are unlabelled"),
    ],
)
def test_missing_labels_are_a_repair(tmp_path: Path, labels: bytes, repair: str) -> None:
    path = write(tmp_path, b"Hi __eou__ No __eou__ Why\n", labels)
    faults = Faults()
    (dialogue,) = dailydialog.read(tmp_path, "train", faults)
    assert dialogue.emotions == ["anger"] * len(labels.split()) + [""] * (3 - len(labels.split()))
    assert faults.repairs == [(f"{path}, train/{LABELS}, line 1", repair)]


def test_a_bad_dialogue_is_listed_as_it_stands_there(tmp_path: Path) -> None:
    write(tmp_path, b"Hi __eou__\nNo __eou__\n", b"9\n1\n")
    with Faults("skip", tmp_path / "out") as faults:
        assert [d.turns for d in dailydialog.read(tmp_path, "train", faults)] == [["No"]]
    row = json.loads((tmp_path / "out.skipped").read_text(encoding="utf-8"))
    assert row["content"] == {"turns": "Hi __eou__", "emotions": "9"}


@pytest.mark.parametrize(("texts", "line"), [(b"\xffHi\n", 1), (b"Hi\nYes\nN\xffo\n", 3)])
def test_a_byte_that_is_no_utf8_is_named(tmp_path: Path, texts: bytes, line: int) -> None:
    path = write(tmp_path, texts, b"1\n" * texts.count(b"\n"))
    message = f"{path}, train/{TURNS}, line {line}: the byte 0xff is no UTF-8"
    with pytest.raises(ValueError, match=f"^{re.escape(message)} .*: fetch the archive again"):
        list(dailydialog.read(tmp_path, "train", Faults()))
