import io
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_casn.annotation.annotator import Annotator
from spacy_casn.annotation.progress import Progress
from spacy_casn.annotation.run import annotate
from spacy_casn.annotation.shards import Settings, Shard, annotate_into, attempt
from spacy_casn.data.types import Dialogue
from spacy_casn.formats import arrow, bounded_parquet
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.records import Columns
from spacy_casn.formats.sources import Source

LINE = json.dumps({"turns": [{"text": "Hello there."}]}) + "\n"
JSONL = Settings("jsonl", "jsonl", batch_size=4)


class Spy(Progress):
    """Notes how many bytes had been read when each dialogue was written."""

    def __init__(self) -> None:
        super().__init__(None, hidden=True)
        self.read: list[int] = []

    def add(self, turns: int, read: int) -> None:
        self.read.append(read)


def test_dialogues_are_written_before_the_file_is_read(
    annotator: Annotator, tmp_path: Path
) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(100 * LINE, encoding="utf-8")
    file = io.BytesIO()
    spy = Spy()
    outcome = annotate_into(annotator, [Source(path), Source(path)], file, JSONL, spy, Faults())
    assert (outcome.dialogues, outcome.turns) == (200, 200)
    assert spy.read[0] <= 5 * len(LINE)
    assert spy.read == sorted(spy.read)
    assert spy.read[-1] == 200 * len(LINE)
    assert len(file.getvalue().splitlines()) == 200


def test_parquet_is_read_and_written_bit_by_bit(
    annotator: Annotator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded_parquet, "READ_ROWS", 10)
    monkeypatch.setattr(arrow, "WRITE_ROWS", 20)
    table = pa.table({"call": [*range(100)], "said": ["Hello there."] * 100})
    pq.write_table(table, tmp_path / "in.parquet")
    file = io.BytesIO()
    spy = Spy()
    settings = Settings("parquet", "parquet", Columns("call", "said"), batch_size=4)
    source = Source(tmp_path / "in.parquet")
    annotate_into(annotator, [source], file, settings, spy, Faults())
    assert source.size is not None
    assert spy.read[0] <= source.size // 5
    assert spy.read[-1] == source.size
    written = pq.ParquetFile(file)
    assert written.metadata.num_row_groups == 5
    assert written.read(["call"]) == table.select(["call"])


def test_words_are_forgotten(annotator: Annotator) -> None:
    def dialogues() -> Iterator[Dialogue]:
        for number in range(60):
            yield Dialogue([f"word{number} other{number}"], [f"S{number}"], [""])

    sizes = []
    strings = annotator.nlp.vocab.strings
    for result in annotator.results(dialogues(), Faults(), batch_size=2, zone=10):
        assert result.texts == [span.text for span in result.doc.spans["turns"]]
        sizes.append(len(strings))
    assert len(sizes) == 60
    assert max(sizes[30:]) <= max(sizes[:30])


def test_a_dialogue_that_cannot_be_made_is_named(annotator: Annotator) -> None:
    doc = annotator.nlp.make_doc("Hello there.")
    doc.spans["turns"] = [doc[0:2], doc[1:3]]
    place = "calls.spacy, dialogue 7"
    dialogue = Dialogue(["Hello there", "there."], ["", ""], ["", ""], place, packed=doc.to_bytes())
    with pytest.raises(ValueError, match=r"calls\.spacy, dialogue 7: Turn 2 .* overlaps"):
        list(annotator.results([dialogue], Faults(), batch_size=1))


@pytest.mark.parametrize(
    ("failures", "error"), [(2, ""), (3, "RuntimeError: lost (in 3 attempts)")]
)
def test_a_failing_shard_is_tried_again(
    annotator: Annotator, tmp_path: Path, failures: int, error: str
) -> None:
    (tmp_path / "in.jsonl").write_text(LINE, encoding="utf-8")
    calls = []

    def load() -> Annotator:
        calls.append(1)
        if len(calls) <= failures:
            raise RuntimeError("lost")
        return annotator

    shard = Shard(str(tmp_path / "in.jsonl"), str(tmp_path / "out" / "in.jsonl"), 0)
    outcome = attempt(load, shard, JSONL, Progress(None))
    assert outcome.error.endswith(error)
    assert len(calls) == 3
    assert Path(shard.output).exists() == (not error)


def test_wrong_content_is_not_tried_again(annotator: Annotator, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(f"{LINE}no", encoding="utf-8")
    calls = []

    def load() -> Annotator:
        calls.append(1)
        return annotator

    shard = Shard(str(tmp_path / "in.jsonl"), str(tmp_path / "out" / "in.jsonl"), 0)
    assert "in.jsonl, line 2: no dialogue" in attempt(load, shard, JSONL, Progress(None)).error
    assert len(calls) == 1
    assert not list((tmp_path / "out").iterdir())


def test_a_second_run_takes_up_what_is_missing(model: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name, text in {"a": LINE, "b": "no", "c": LINE}.items():
        (tmp_path / "in" / f"{name}.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"1 of 3 files failed: .*b\.jsonl, line 1: no dialogue"):
        annotate(model, str(tmp_path / "in"), str(tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.jsonl", "c.jsonl"]
    (tmp_path / "out" / "a.jsonl").write_text("finished", encoding="utf-8")
    (tmp_path / "in" / "b.jsonl").write_text(LINE, encoding="utf-8")
    report = annotate(model, str(tmp_path / "in"), str(tmp_path / "out"))
    assert (report.files, report.skipped, report.turns) == (1, 2, 1)
    assert (tmp_path / "out" / "a.jsonl").read_text(encoding="utf-8") == "finished"


def test_columns_that_would_be_replaced_are_refused(model: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("call,emotion,text\na,Hi,Oh\n", encoding="utf-8")
    columns = Columns("call", "emotion")
    with pytest.raises(ValueError, match="The column 'text' can't be kept in JSON lines"):
        annotate(model, str(tmp_path / "in.csv"), str(tmp_path / "out.jsonl"), columns=columns)
    twice = json.dumps({"id": 3, "turns": [{"text": "Hi"}]})
    (tmp_path / "in.jsonl").write_text(f"{twice}\n{twice}", encoding="utf-8")
    with pytest.raises(ValueError, match=r"in\.jsonl, line 2: the dialogue '3' was there before"):
        annotate(model, str(tmp_path / "in.jsonl"), str(tmp_path / "out.csv"))
    assert not list(tmp_path.glob("out.*"))
