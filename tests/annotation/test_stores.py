"""Files in a store, which fsspec keeps in memory here."""

import json
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest

from spacy_casn.annotation.run import annotate

LINE = json.dumps({"id": "x", "turns": [{"text": "Hello there."}, {"text": "You won!"}]})
IN, OUT = "memory://bucket/in", "memory://bucket/out/"


@pytest.fixture
def store() -> Iterator[fsspec.AbstractFileSystem]:
    store = fsspec.filesystem("memory")
    store.pipe({f"{IN}/{name}": f"{LINE}\n".encode() for name in ("a.jsonl", "b.jsonl")})
    store.pipe({f"{IN}/README.md": b"#", f"{IN}/old/c.jsonl": b"no"})
    yield store
    store.rm("/bucket", recursive=True)


def names(store: fsspec.AbstractFileSystem) -> list[str]:
    return sorted(path.removeprefix("/bucket/out/") for path in store.find("/bucket/out"))


def test_what_a_store_holds_is_annotated_there(
    model: str, tmp_path: Path, store: fsspec.AbstractFileSystem
) -> None:
    report = annotate(model, IN, OUT)
    assert (report.files, report.skipped, report.turns) == (2, 0, 4)
    assert names(store) == ["a.jsonl", "b.jsonl"]
    store.pipe(f"{OUT}a.jsonl", b"finished")
    store.rm(f"{OUT}b.jsonl")
    report = annotate(model, IN, OUT)
    assert (report.files, report.skipped) == (1, 1)
    assert store.cat(f"{OUT}a.jsonl") == b"finished"
    # One of the two may be a folder on this machine.
    annotate(model, IN, str(tmp_path / "out"))
    local = tmp_path / "out" / "b.jsonl"
    assert local.read_bytes() == store.cat(f"{OUT}b.jsonl")
    report = annotate(model, str(tmp_path / "out"), "memory://bucket/out", output_format="csv")
    assert names(store) == ["a.csv", "a.jsonl", "b.csv", "b.jsonl"]


def test_what_fails_is_named_by_its_url_and_leaves_nothing(
    model: str, store: fsspec.AbstractFileSystem
) -> None:
    store.pipe(f"{IN}/b.jsonl", f"{LINE}\nno\n".encode())
    with pytest.raises(ValueError, match=f"1 of 2 files failed: {IN}/b.jsonl, line 2: no dialogue"):
        annotate(model, IN, OUT)
    assert names(store) == ["a.jsonl"]
    annotate(model, IN, OUT, on_error="skip")
    assert names(store) == ["a.jsonl", "b.jsonl", "b.jsonl.skipped"]
    assert len(store.cat(f"{OUT}b.jsonl").splitlines()) == 1


@pytest.mark.parametrize(
    ("source", "output", "message"),
    [
        ("memory://bucket/none", OUT, "'memory://bucket/none' holds no file that can be read"),
        ("nostore://x", OUT, r"'nostore://x' can't be listed \(ValueError: .*nostore"),
        (IN, "-", "'-' is no folder, but 'memory://bucket/in' is one"),
        (IN, "x.jsonl", "'x.jsonl' is no folder"),
        (IN, IN, "'memory://bucket/in/a.jsonl' is to be read, and would be replaced"),
        ("-", OUT, "give the file that stdin's results go to"),
    ],
)
@pytest.mark.usefixtures("store")
def test_what_cannot_be_is_refused(source: str, output: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        annotate("model", source, output, source_format="jsonl")
