import zipfile
import zlib
from pathlib import Path

import pytest
import spacy
from spacy.tokens import DocBin

from spacy_casn import make_dialogue
from spacy_casn.storage import archives
from spacy_casn.storage.archives import read_member
from spacy_casn.training.corpus import read_docs

NAME = "train/dialogues_train.txt"


def write_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def test_a_member_is_read_and_nothing_is_written(tmp_path: Path) -> None:
    outside = {"../out.txt": b"out", str(tmp_path / "absolute.txt"): b"out"}
    path = write_zip(tmp_path / "a.zip", **{NAME: b"Hello __eou__\n"}, **outside)
    assert read_member(path, NAME) == b"Hello __eou__\n"
    assert [file.name for file in tmp_path.rglob("*")] == ["a.zip"]
    assert not (tmp_path.parent / "out.txt").exists()


def test_an_archive_in_an_archive_is_named(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "train.zip", **{NAME: b"Hello"})
    path = write_zip(tmp_path / "outer.zip", **{"ijcnlp/train.zip": inner.read_bytes()})
    with pytest.raises(ValueError, match=r"outer\.zip' has no train/.*, but ijcnlp/train\.zip"):
        read_member(path, NAME)


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9])
def test_a_truncated_archive_is_named(tmp_path: Path, cut: float) -> None:
    path = write_zip(tmp_path / "a.zip", **{NAME: bytes(range(256)) * 50})
    path.write_bytes(path.read_bytes()[: int(cut * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"a\.zip': train/.* can't be read"):
        read_member(path, NAME)


def test_damage_within_a_member_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", **{NAME: bytes(range(256)) * 50})
    data = bytearray(path.read_bytes())
    for place in range(80, 120):
        data[place] ^= 255
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.zip': train/.* can't be read"):
        read_member(path, NAME)


def test_an_encrypted_archive_is_named(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.zip", **{NAME: b"Hello"})
    data = bytearray(path.read_bytes())
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(header) + flags] |= 1
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"a\.zip': .*encrypted"):
        read_member(path, NAME)


def test_a_member_without_bound_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPACY_CASN_MAX_FILE", "10000")
    path = write_zip(tmp_path / "a.zip", **{NAME: b" " * 10_001})
    with pytest.raises(ValueError, match=r"would unpack to 10,001 bytes, more than the 10,000"):
        read_member(path, NAME)


def test_a_docbin_without_bound_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = tmp_path / "bomb.spacy"
    bomb.write_bytes(zlib.compress(b" " * (archives.MIN_CHECKED + 1), 9))
    monkeypatch.setattr(DocBin, "from_bytes", None)
    with pytest.raises(ValueError, match=r"bomb\.spacy' unpacks to more than 67,108,864 bytes"):
        list(read_docs(bomb, spacy.blank("en").vocab))


def test_a_long_docbin_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MIN_CHECKED", 0)
    nlp = spacy.blank("en")
    docs = DocBin(docs=[make_dialogue(nlp, [f"Word {n}."] * 9) for n in range(100)])
    docs.to_disk(tmp_path / "docs.spacy")
    assert len(list(read_docs(tmp_path / "docs.spacy", nlp.vocab))) == 100


def test_a_damaged_docbin_is_named(tmp_path: Path) -> None:
    path = tmp_path / "docs.spacy"
    for data in (b"", b"no", zlib.compress(b"no"), DocBin().to_bytes()[:-5]):
        path.write_bytes(data)
        with pytest.raises(ValueError, match=r"docs\.spacy' is no readable DocBin"):
            list(read_docs(path, spacy.blank("en").vocab))
