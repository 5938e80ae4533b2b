import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spacy_casn.annotation.run import annotate
from spacy_casn.formats.faults import OnError
from spacy_casn.formats.records import Columns

COLUMNS = Columns("call", "said", "who", order="n")
GOOD = '{"turns": [{"text": "Hello there."}]}\n'
LINES = [
    GOOD.encode(),
    b'{"turns": [{"text": "Hello\n',
    GOOD.encode(),
    b"\xff\xfe\n",
    b"[" * 100_000 + b"\n",
    b'{"turns": [{"text": "Hi", "speaker": "Dr: Who"}]}\n',
    GOOD.encode(),
]
ROWS = [
    "call,who,n,said",
    "a,Ann,1,Hello there.",
    "a,Ben,2,You won!,again",
    'a,Ben,3,"You" won!',
    "a,Ben,four,You won!",
    "a,Ben,5,Really?",
    "b,Ann,1,Hello there.",
    "b,Ann,1,Hello there.",
    "c,Dr: Who,1,Hello there.",
    "d,Ann,1,B\\xffye.",
    "a,Ann,6,Yes.",
    'e,Ann,1,"Never closed.',
    "e,Ben,2,Fine.",
]


def listed(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def run(model: str, source: Path, output: Path, on_error: OnError) -> Any:
    return annotate(model, str(source), str(output), columns=COLUMNS, on_error=on_error)


def write_table(path: Path) -> Path:
    path.write_bytes("\n".join(ROWS).encode().replace(b"\\xff", b"\xff"))
    return path


def test_bad_lines_are_left_out_and_listed(model: str, tmp_path: Path) -> None:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"".join(LINES))
    report = run(model, source, output, "skip")
    assert (report.dialogues, report.turns, report.left_out) == (4, 4, 3)
    assert [len(line["turns"]) for line in listed(output)] == [1] * 4
    rows = listed(tmp_path / "out.jsonl.skipped")
    assert [row["error"].partition(":")[0] for row in rows] == [
        f"{source}, line {number}" for number in (2, 4, 5)
    ]
    assert rows[0]["content"] == LINES[1].decode()
    assert rows[1]["content"] == "\\xff\\xfe\n"


def test_bad_rows_are_left_out_and_listed(model: str, tmp_path: Path) -> None:
    source, output = write_table(tmp_path / "in.csv"), tmp_path / "out.csv"
    report = run(model, source, output, "skip")
    with output.open(encoding="utf-8", newline="") as file:
        kept = [(row["call"], row["n"]) for row in csv.DictReader(file)]
    assert kept == [("a", "1"), ("a", "5"), ("a", "6"), ("c", "1"), ("e", "2")]
    assert (report.dialogues, report.turns) == (3, 5)
    rows = listed(tmp_path / "out.csv.skipped")
    assert report.left_out == len(rows) == 6
    named = {row["error"].removeprefix(f"{source}, line ").partition(":")[0] for row in rows}
    assert named == {"3", "4", "5", "8", "10", "12"}
    content = {row["error"].split(":")[0].rpartition(" ")[2]: row["content"] for row in rows}
    assert content["3"] == "a,Ben,2,You won!,again\n"
    assert content["4"] == 'a,Ben,3,"You" won!\n'
    assert content["5"] == {"call": "a", "who": "Ben", "n": "four", "said": "You won!"}
    assert [row["call"] for row in content["8"]] == ["b", "b"]
    assert content["10"] == "d,Ann,1,B\\xffye.\n"
    assert content["12"] == 'e,Ann,1,"Never closed.\n'


def test_bad_rows_of_parquet_are_left_out_and_listed(model: str, tmp_path: Path) -> None:
    source, output = tmp_path / "in.parquet", tmp_path / "out.parquet"
    names = ["a", "", "b", "c"]
    table = {"call": names, "who": ["Ann"] * 4, "n": ["1", "1", "no", "1"], "said": ["Hi."] * 4}
    pq.write_table(pa.table(table), source)
    assert run(model, source, output, "skip").left_out == 2
    assert pq.read_table(output)["call"].to_pylist() == ["a", "c"]
    rows = listed(tmp_path / "out.parquet.skipped")
    assert [row["content"]["n"] for row in rows] == ["1", "no"]


def test_all_faults_are_collected_and_nothing_else_is_written(model: str, tmp_path: Path) -> None:
    source = write_table(tmp_path / "in.csv")
    with pytest.raises(ValueError, match=r"6 faults: .*out\.csv\.skipped'; the first: .* line 3"):
        run(model, source, tmp_path / "out.csv", "collect")
    assert len(listed(tmp_path / "out.csv.skipped")) == 6
    assert sorted(path.name for path in tmp_path.glob("*.*")) == ["in.csv", "out.csv.skipped"]
    source.write_text("\n".join(ROWS[:2]), encoding="utf-8")
    assert run(model, source, tmp_path / "out.csv", "collect").left_out == 0
    assert not (tmp_path / "out.csv.skipped").exists()


def test_each_file_of_a_folder_has_its_own_list(model: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.jsonl").write_bytes(b"".join(LINES))
    (source / "b.jsonl").write_text(GOOD, encoding="utf-8")
    report = run(model, source, tmp_path / "out", "skip")
    assert (report.files, report.turns, report.left_out) == (2, 5, 3)
    names = ["a.jsonl", "a.jsonl.skipped", "b.jsonl"]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == names
    # The list is no input of a next step.
    assert run(model, tmp_path / "out", tmp_path / "again", "stop").turns == 5


def test_an_unreadable_transcript_is_left_out(model: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    (source / "a.txt").write_bytes(b"Hi.\n\xff\n")
    (source / "b.txt").write_bytes(b"Hello there.\n")
    assert run(model, source, tmp_path / "out.jsonl", "skip").left_out == 1
    (row,) = listed(tmp_path / "out.jsonl.skipped")
    assert "a.txt, line 2: the byte 0xff" in row["error"]
    assert row["content"] == "Hi.\n\\xff\n"


def test_a_line_after_a_million_others_is_named(model: str, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    source.write_text(f"{GOOD}{chr(10) * 999_999}no", encoding="utf-8")
    with pytest.raises(ValueError, match=r"in\.jsonl, line 1000001: no dialogue"):
        run(model, source, tmp_path / "out.jsonl", "stop")


def test_a_cell_of_a_megabyte_is_read(model: str, tmp_path: Path) -> None:
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    said = "Hello there. " * 80_000
    source.write_text(f"call,who,n,said\na,Ann,1,{said}\n", encoding="utf-8")
    run(model, source, output, "stop")
    with output.open(encoding="utf-8", newline="") as file:
        assert next(csv.DictReader(file))["said"] == said


def test_stdout_has_no_place_for_a_list(model: str, tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ValueError, match=r"`on_error` = 'skip' .* in place of stdout"):
        annotate(model, str(tmp_path / "in.jsonl"), "-", on_error="skip")
