"""`casn render` and `casn report`."""

import json
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_casn.cli import app

from ..conftest import examples_of
from ..visualization.conftest import write_log
from ..visualization.parsed import check_self_contained, parse

RUNNER = CliRunner()


@pytest.fixture
def model(trained: Language, tmp_path: Path) -> str:
    trained.to_disk(tmp_path / "model")
    return str(tmp_path / "model")


def run(*args: object) -> tuple[int, str]:
    result = RUNNER.invoke(app, [*map(str, args)])
    return result.exit_code, " ".join(result.output.split())


def test_a_transcript_becomes_a_page(model: str, trained: Language, tmp_path: Path) -> None:
    transcript = "Ann: You won!\nBen: Really?\n"
    (tmp_path / "chat.txt").write_text(transcript, encoding="utf-8")
    output = tmp_path / "pages" / "chat.html"
    code, printed = run("render", model, tmp_path / "chat.txt", output)
    assert code == 0, printed
    assert "Wrote 1 dialogues with 2 turns" in printed
    html = output.read_text(encoding="utf-8")
    check_self_contained(html)
    root = parse(html)
    assert root.one("h2").text == "chat"
    assert [turn.one("casn-speaker").text for turn in root.all("casn-turn")] == ["Ann", "Ben"]
    doc = trained(transcript)
    expected = [turn.label_ for turn in doc.spans["turns"]]
    assert [turn.one("casn-emotion").text for turn in root.all("casn-turn")] == expected


@pytest.mark.parametrize("kind", ["jsonl", "csv", "spacy", "folder"])
def test_other_files_become_pages(model: str, trained: Language, tmp_path: Path, kind: str) -> None:
    options: tuple[str, ...] = ()
    source = tmp_path / f"chats.{kind}"
    if kind == "jsonl":
        lines = [json.dumps({"id": f"chat {n}", "turns": [{"text": "Fine."}]}) for n in range(3)]
        source.write_text("\n".join(lines), encoding="utf-8")
    elif kind == "csv":
        source.write_text("call,said\n1,Fine.\n2,What?\n3,Fine.\n", encoding="utf-8")
        options = ("--dialogue-column", "call", "--text-column", "said")
    elif kind == "spacy":
        DocBin(docs=[example.reference for example in examples_of(trained)]).to_disk(source)
    else:
        source.mkdir()
        for number in range(3):
            (source / f"{number}.txt").write_text("Fine.\n", encoding="utf-8")
    output = tmp_path / "page.html"
    code, printed = run("render", model, source, output, *options)
    assert code == 0, printed
    assert len(parse(output.read_text(encoding="utf-8")).all("casn-dialogue")) == 3
    code, printed = run("render", model, source, output, "--limit", 2, *options)
    assert "--limit 2 let only the first ones through" in printed
    assert len(parse(output.read_text(encoding="utf-8")).all("casn-dialogue")) == 2


def test_what_cannot_be_shown_is_one_sentence(model: str, tmp_path: Path) -> None:
    (tmp_path / "chat.txt").write_text("Hi.\n", encoding="utf-8")
    (tmp_path / "chat.csv").write_text("call,said\n1,Fine.\n", encoding="utf-8")
    output = tmp_path / "page.html"
    for args, message in [
        ((tmp_path / "none.txt", output), "No file or folder"),
        ((tmp_path / "chat.txt", tmp_path / "page.pdf"), "page.pdf' is no HTML file"),
        ((tmp_path / "chat.txt", tmp_path / "chat.txt"), "chat.txt' is no HTML file"),
        ((tmp_path / "chat.txt", output, "--limit", 0), "--limit 0: give at least 1"),
        ((tmp_path / "chat.csv", output), "which column holds what is said"),
    ]:
        code, printed = run("render", model, *args)
        assert code == 1
        assert message in printed
    assert not output.exists()


def test_report_writes_a_page_and_says_what_is_left_out(
    model: str, trained: Language, tmp_path: Path
) -> None:
    data = tmp_path / "test.spacy"
    DocBin(docs=[example.reference for example in examples_of(trained)]).to_disk(data)
    output = tmp_path / "report.html"
    code, printed = run("report", model, data, output)
    assert code == 0, printed
    assert "Left out. Training curves" in printed
    logs = [write_log(tmp_path / f"{name}.jsonl") for name in ("ce", "triplet")]
    options = ["--before", model, "--log", logs[0], "--log", logs[1]]
    code, printed = run("report", model, data, output, *options)
    assert code == 0, printed
    assert "Left out" not in printed
    assert len(parse(output.read_text(encoding="utf-8")).all("casn-chart")) == 7
    code, printed = run("report", model, data, output, "--log", tmp_path / "no.jsonl")
    assert code == 1
    assert "No training log" in printed
