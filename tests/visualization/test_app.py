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

pytest.importorskip("streamlit")
APP = ROOT / "spacy_casn" / "visualization" / "app.py"
pytestmark = pytest.mark.slow


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


def test_a_chat_goes_on_turn_by_turn(browser: object, address: str) -> None:
    page = browser.new_page()
    page.set_default_timeout(LONG)
    page.goto(address)
    page.get_by_role("tab", name="Chat, turn by turn").click()
    for text in ("You won!", "Really?"):
        page.get_by_label("What is said").fill(text)
        page.get_by_role("button", name="Say it").click()
        chat = page.frame_locator("iframe >> visible=true").locator("body")
        chat.get_by_text(text, exact=True).first.wait_for()
    assert chat.get_by_text("You won!", exact=True).count() >= 1
    page.get_by_role("button", name="Begin anew").click()
    page.get_by_role("button", name="Begin anew").wait_for(state="detached")
    page.close()
