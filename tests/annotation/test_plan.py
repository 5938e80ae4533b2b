from pathlib import Path

import pytest

from spacy_casn.annotation.plan import make_plan
from spacy_casn.annotation.shards import Shard
from spacy_casn.formats.sources import Source


def fill(folder: Path, *names: str) -> Path:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return folder


def test_a_folder_becomes_a_folder_and_finished_files_are_skipped(tmp_path: Path) -> None:
    source = fill(tmp_path / "in", "b.jsonl", "a.jsonl", "README.md", ".hidden.jsonl")
    output = fill(tmp_path / "out", "b.jsonl")
    (source / "a.jsonl").write_text("{}", encoding="utf-8")
    plan = make_plan(str(source), str(output))
    assert plan.shards == [Shard(str(source / "a.jsonl"), str(output / "a.jsonl"), 2)]
    assert (plan.source_format.name, plan.output_format.name) == ("jsonl", "jsonl")
    assert plan.skipped == 1
    plan = make_plan(str(source), str(tmp_path / "new"), output_format="parquet")
    assert plan.shards is not None
    assert [Path(shard.output).name for shard in plan.shards] == ["a.parquet", "b.parquet"]


def test_a_folder_becomes_one_file_where_that_has_an_ending(tmp_path: Path) -> None:
    source = fill(tmp_path / "in", "b.txt", "a.txt")
    plan = make_plan(str(source), str(tmp_path / "out.csv"))
    assert plan.shards is None
    assert [each.path for each in plan.sources] == [source / "a.txt", source / "b.txt"]
    assert plan.output_format.name == "csv"
    plan = make_plan(str(source), str(tmp_path / "out"))
    assert plan.shards is not None
    assert plan.shards[0].output == str(tmp_path / "out" / "a.jsonl")


def test_formats_can_be_said(tmp_path: Path) -> None:
    source = fill(tmp_path / "in", "a.csv", "a.log", "b.jsonl")
    plan = make_plan("-", "-", source_format="csv", output_format="tsv")
    assert (plan.sources, plan.output) == ([Source(None)], None)
    assert (plan.source_format.name, plan.output_format.name) == ("csv", "tsv")
    plan = make_plan(str(source), "-", source_format="csv")
    assert plan.sources == [Source(source / "a.csv")]
    log = str(source / "a.log")
    plan = make_plan(log, str(tmp_path / "x.y"), source_format="jsonl", output_format="csv")
    assert plan.output == tmp_path / "x.y"


@pytest.mark.parametrize(
    ("source", "output", "options", "message"),
    [
        ("-", "new/", {"source_format": "csv"}, "give the file that stdin's results go to"),
        ("none.csv", "x.csv", {}, "No file or folder"),
        ("in/a.log", "x.csv", {}, "no format that is known for certain. Say by `source_format`"),
        ("in/a.csv", "x.log", {}, "ending of no format that can be written: .* by `output_format`"),
        (
            "in/a.csv",
            "x.csv",
            {"source_format": "xls"},
            "`source_format` = 'xls': give one of",
        ),
        ("in/a.csv", "x.csv", {"output_format": "txt"}, "`output_format` = 'txt': give one of"),
        ("in/a.csv", "in/a.csv", {}, "is to be read, and would be replaced"),
        ("in/a.csv", "in", {}, "is to be read, and would be replaced"),
        ("in", "x", {}, "several formats, csv, jsonl: say by `source_format`"),
        ("empty", "x", {}, "holds no file that can be read"),
        ("in", "x/", {"source_format": "tsv"}, "would become .*a.tsv': rename one"),
        ("in/a.csv", "x.csv", {"sharded": True}, "is no folder"),
        ("in/a.csv", "-", {"sharded": True}, "is no folder"),
    ],
)
def test_what_cannot_be_is_refused(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    source: str,
    output: str,
    options: dict,
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    fill(tmp_path / "in", "a.csv", "a.log", "b.jsonl")
    fill(tmp_path / "empty")
    with pytest.raises(ValueError, match=message):
        make_plan(source, output, **options)
