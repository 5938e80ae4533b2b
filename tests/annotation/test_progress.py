import io
import sys

import pytest

from spacy_casn.annotation.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_sees_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress(200) as progress:
        progress.finish(100, 7)
        progress.add(3, 50)
    shown = sys.stderr.getvalue().rpartition("\r")[2]
    assert " 75%|" in shown
    assert "10 turns, " in shown
    assert "turns/s [00:00<00:00]" in shown


def test_without_a_total_there_is_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress(None) as progress:
        progress.add(3, 50)
    assert "3 turns, " in sys.stderr.getvalue()


def test_what_is_no_terminal_sees_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(200) as progress:
        progress.add(3, 50)
    assert capsys.readouterr() == ("", "")
