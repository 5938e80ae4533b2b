"""The page to play with, in a browser."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from spacy.language import Language

from ..conftest import ROOT

AppTest = pytest.importorskip("streamlit.testing.v1").AppTest
APP = ROOT / "spacy_casn" / "visualization" / "app.py"


LONG = 600_000
"""Milliseconds: for what never comes. On a busy machine the app is slow, and not wrong."""


def answers(port: int) -> bool:
    """Whether something listens there."""
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def address(trained: Language, tmp_path: Path) -> Iterator[str]:
    """Where the app runs, with a pipeline that is there at once."""
    trained.to_disk(tmp_path / "pipeline")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += ["--server.headless", "true", "--server.port", str(port)]
    command += ["--server.address", "127.0.0.1", "--browser.gatherUsageStats", "false"]
    command += ["--", str(tmp_path / "pipeline")]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=ROOT) as server:
        try:
            while not answers(port):
                assert server.poll() is None, "the app has ended"
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.mark.slow
def test_a_conversation_is_annotated_as_it_is_written(browser: object, address: str) -> None:
    page = browser.new_page()
    page.set_default_timeout(LONG)
    page.goto(address)
    shown = page.frame_locator("iframe").first.locator("body")
    shown.get_by_text("I got in! Full scholarship!").wait_for()
    field = page.get_by_label("One turn a line")
    field.fill("Ann: You won!\nBen: <b>Really?</b>")
    field.press("Control+Enter")
    shown.get_by_text("<b>Really?</b>").wait_for()
    assert "happiness" in shown.inner_text()
    page.close()


def test_a_chat_goes_on_turn_by_turn(
    trained: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.to_disk(tmp_path / "pipeline")
    monkeypatch.setattr("sys.argv", ["app.py", str(tmp_path / "pipeline")])
    app = AppTest.from_file(str(APP), default_timeout=LONG / 1000).run()
    for text in ("You won!", "Really?", "  "):
        app.text_input[1].set_value(text)
        app.button[0].click().run()
    said = app.session_state.session.turns
    assert [(turn.speaker, turn.text) for turn in said] == [("Ann", "You won!"), ("Ann", "Really?")]
    page = app.get("iframe")[-1].proto.srcdoc
    assert all(turn.text in page for turn in said)
    app.text_input[0].set_value("Dr: Who")
    app.text_input[1].set_value("Hi")
    app.button[0].click().run()
    assert app.session_state.session.turns[-1].speaker == "Dr Who"
    (again,) = [button for button in app.button if button.label == "Begin anew"]
    again.click().run()
    assert not app.session_state.session.turns
    assert not app.exception
