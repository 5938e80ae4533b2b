import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from spacy_casn.annotation.annotator import Annotator
from spacy_casn.cli import app

from ..annotation.conftest import Expected, expected

__all__ = ["expected"]
RUNNER = CliRunner()
LINE = json.dumps({"id": "x", "turns": [{"text": "Hello there."}, {"text": "You won!"}]})


def run(*args: object, text: str | None = None) -> Result:
    return RUNNER.invoke(app, ["annotate", *map(str, args)], input=text)


def sentence(result: Result) -> str:
    return " ".join(result.stderr.split())


def test_a_file_is_annotated(model: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("call,said\na,Hello there.\na,You won!\n", encoding="utf-8")
    columns = ["--dialogue-column", "call", "--text-column", "said"]
    result = run(model, tmp_path / "in.csv", tmp_path / "out.csv", *columns)
    assert result.exit_code == 0, result.output
    assert "Annotated 2 turns of 1 dialogues" in " ".join(result.stdout.split())
    assert result.stderr == ""
    lines = (tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("call,said,emotion,score,score_anger,")
    assert [line.split(",")[2] for line in lines] == ["emotion", "no emotion", "happiness"]


def test_what_is_recognised_is_said(model: str, tmp_path: Path) -> None:
    source = Path(__file__).parents[1] / "fixtures" / "transcripts" / "wa_android12.txt"
    result = run(model, source, tmp_path / "out.csv")
    assert result.exit_code == 0, result.output
    assert "Read as: WhatsApp export, 2 speakers, 7 turns" in " ".join(result.stdout.split())
    source = source.with_name("dialogues_text.txt")
    result = run(model, source, tmp_path / "out.csv")
    assert "Read as: DailyDialog text, 2 dialogues, 5 turns" in " ".join(result.stdout.split())


def test_stdin_becomes_stdout(model: str, expected: Expected) -> None:
    result = run(model, "-", "-", "--from", "jsonl", text=f"{LINE}\n{LINE}\n")
    assert result.exit_code == 0, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    wanted = [label for _, label, _ in expected(["Hello there.", "You won!"])]
    assert [[turn["emotion"] for turn in line["turns"]] for line in lines] == [wanted, wanted]


@pytest.mark.parametrize("form", ["parquet", "spacy"])
def test_binary_formats_pass_through_pipes(model: str, form: str) -> None:
    first = run(model, "-", "-", "--from", "jsonl", "--to", form, text=LINE)
    assert first.exit_code == 0, first.stderr
    columns = ["--dialogue-column", "dialogue", "--text-column", "text"]
    command = ["annotate", model, "-", "-", "--from", form, "--to", "jsonl", *columns]
    second = RUNNER.invoke(app, command, input=first.stdout_bytes)
    assert second.exit_code == 0, second.stderr
    turns = json.loads(second.stdout)["turns"]
    assert [turn["emotion"] for turn in turns] == ["no emotion", "happiness"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "which column holds what is said?"),
        (["--dialogue-column", "call"], "the file has call, said"),
        (
            ["--dialogue-column", "call", "--text-column", "words"],
            "line 1: no column 'words': the file has call, said",
        ),
        (["--engine", "spark"], "--engine 'spark': give one of local, ray"),
        (["--workers", "2"], "--workers 2 is for the engine ray"),
        (["--engine", "ray", "--n-process", "2"], "--n-process 2 is for the engine local"),
        (["--engine", "ray"], "is no folder"),
        (["--batch-size", "0"], "--batch-size 0: give at least 1"),
        (["--threads", "0"], "--threads 0: give at least 1"),
        (["--from", "xls"], "--from 'xls': give one of"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    model: str, tmp_path: Path, options: list[str], message: str
) -> None:
    (tmp_path / "in.csv").write_text("call,said\na,Hi\n", encoding="utf-8")
    result = run(model, tmp_path / "in.csv", tmp_path / "out.csv", *options)
    assert result.exit_code == 1
    assert message in sentence(result)
    assert result.stdout == ""
    assert not list(tmp_path.glob("*out*"))


def test_a_missing_pipeline_is_named(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text(LINE, encoding="utf-8")
    result = run(tmp_path / "nowhere", tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert (result.exit_code, "No pipeline" in sentence(result)) == (1, True)


@pytest.mark.parametrize("ending", ["jsonl", "csv", "parquet", "spacy"])
def test_an_error_or_ctrl_c_leaves_nothing(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    (tmp_path / "in.jsonl").write_text(f"{LINE}\nno\n", encoding="utf-8")
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / f"out.{ending}"
    result = run(model, tmp_path / "in.jsonl", target, "--batch-size", 1)
    assert (result.exit_code, "in.jsonl, line 2" in sentence(result)) == (1, True)
    assert not list((tmp_path / "out").iterdir())
    results = Annotator.results

    def interrupted(self: Annotator, *args: object, **kwargs: object) -> Iterator:
        stream = results(self, *args, **kwargs)
        yield next(stream)
        raise KeyboardInterrupt

    monkeypatch.setattr(Annotator, "results", interrupted)
    target.write_text("of an earlier run", encoding="utf-8")
    result = run(model, tmp_path / "in.jsonl", target, "--batch-size", 1)
    assert (result.exit_code, "Stopped" in sentence(result)) == (130, True)
    assert list((tmp_path / "out").iterdir()) == [target]
    assert target.read_text(encoding="utf-8") == "of an earlier run"


@pytest.fixture
def heard_sigint() -> Iterator[None]:
    """Processes that start here hear Ctrl-C, also where the tests' own ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("heard_sigint")
def test_ctrl_c_while_stdin_is_read_leaves_nothing(model: str, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / "out.jsonl"
    command = [sys.executable, "-m", "spacy", "casn", "annotate", model, "-", str(target)]
    with subprocess.Popen(
        [*command, "--from", "jsonl", "--batch-size", "1"],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(f"{LINE}\n")
        process.stdin.flush()
        while not list((tmp_path / "out").iterdir()):
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        # Where the signal meets an import, Python dies of it at the very end, as of its own.
        assert process.wait() in (130, -signal.SIGINT)
        assert "Stopped: nothing unfinished" in " ".join(process.stderr.read().split())
        process.stdin.close()
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.slow
def test_each_dialogue_is_answered_before_the_next_comes(model: str) -> None:
    command = [sys.executable, "-m", "spacy", "casn", "annotate", model, "-", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for text in ("You won!", "Really?", "Fine."):
            process.stdin.write(json.dumps({"turns": [{"text": text}]}) + "\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            assert answer["turns"][0]["text"] == text
        process.stdin.close()
        assert process.stdout.read() == ""
        assert process.wait() == 0
