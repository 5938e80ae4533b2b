"""What names, ids and files hold never reaches the terminal as it is."""

import io
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from spacy_casn.annotation.run import annotate
from spacy_casn.cli import app
from spacy_casn.cli.printing import msg

OBEYED = "\x1b]0;pwned\x07"


def test_ids_in_errors(model: str, tmp_path: Path) -> None:
    rows = f'd,t\n"{OBEYED}x",a\n2,b\n"{OBEYED}x",c\n'
    (tmp_path / "e.csv").write_text(rows + "3,d,e\n", encoding="utf-8")
    arguments = ["annotate", model, str(tmp_path / "e.csv"), str(tmp_path / f"{OBEYED}.csv")]
    result = CliRunner().invoke(
        app, [*arguments, "--dialogue-column", OBEYED, "--text-column", "t"]
    )
    assert result.exit_code == 1
    assert "\\x1b]0;pwned\\x07" in result.output
    assert "\x1b]" not in result.output


def test_names_in_what_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    msg.good(f"Wrote '{OBEYED}'.")
    msg.warn("title", OBEYED)
    msg.divider(OBEYED)
    msg.table([(OBEYED, 1)], header=(OBEYED, "b"))
    printed = capsys.readouterr().out
    assert printed.count("\\x1b]0;pwned\\x07") == 5
    assert "\x1b]" not in printed


class Terminal(io.BytesIO):
    """A terminal that keeps what it is told."""

    def isatty(self) -> bool:
        return True


def test_results_on_a_terminal(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "e.csv").write_text(f"text\n{OBEYED} Hello é.\n", encoding="utf-8")
    out: Any = io.TextIOWrapper(Terminal(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)
    annotate(model, str(tmp_path / "e.csv"), "-")
    shown = out.buffer.getvalue().decode()
    assert "\\x1b]0;pwned\\x07 Hello é." in shown
    assert "\x1b" not in shown


def test_a_closed_stdout(model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "e.csv").write_text("text\nHello.\n", encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(ValueError, match="no stdout to write to"):
        annotate(model, str(tmp_path / "e.csv"), "-")


def test_sigterm_stops_as_ctrl_c_does(monkeypatch: pytest.MonkeyPatch) -> None:
    def terminate(*arguments: object, **settings: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr("spacy_casn.annotation.run.annotate", terminate)
    result = CliRunner().invoke(app, ["annotate", "pretrained", "-", "out.jsonl"])
    assert result.exit_code == 143
    assert "Stopped: nothing unfinished" in " ".join(result.output.split())
    assert signal.getsignal(signal.SIGTERM) == before
