"""The page to play with, in a browser."""

import csv
import io
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from spacy.language import Language

from spacy_casn import DialogueSession
from spacy_casn.annotation.annotator import Annotator
from spacy_casn.formats.records import Columns
from spacy_casn.visualization.outputs import annotate_file, chat_outputs

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


@pytest.fixture
def app(trained: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    trained.to_disk(tmp_path / "pipeline")
    monkeypatch.setattr("sys.argv", ["app.py", str(tmp_path / "pipeline")])
    return AppTest.from_file(str(APP), default_timeout=LONG / 1000).run()


def test_a_chat_goes_on_turn_by_turn(app: object) -> None:
    for text in ("You won!", "Really?", "  "):
        app.chat_input[0].set_value(text).run()
    said = app.session_state.session.turns
    assert [(turn.speaker, turn.text) for turn in said] == [("Ann", "You won!"), ("Ann", "Really?")]
    page = app.get("iframe")[-1].proto.srcdoc
    assert all(turn.text in page for turn in said)
    titles = [button.proto.label for button in app.get("download_button")]
    assert titles[-3:] == [
        f"Download as {kind}" for kind in ("CSV table", "Excel workbook", "page")
    ]
    (speaker,) = [field for field in app.text_input if field.label == "Who speaks"]
    speaker.set_value("Dr: Who")
    app.chat_input[0].set_value("Hi").run()
    assert app.session_state.session.turns[-1].speaker == "Dr Who"
    (again,) = [button for button in app.button if button.label == "Begin anew"]
    again.click().run()
    assert not app.session_state.session.turns
    assert not app.exception


def test_an_unclear_transcript_is_explained(app: object) -> None:
    app.text_area[0].set_value("Ann: Hi.\nBen: Yo.\nCid: So?\nwell\nthat is it").run()
    assert not app.exception
    (error,) = app.error
    assert "names none" in error.value
    assert "/tmp" not in error.value


def test_a_readier_pipeline_finds_turns_less_neutral(app: object) -> None:
    app.text_area[0].set_value("Hello there.\nFine.").run()
    neutral = []
    for share in (1, 99):
        app.slider[0].set_value(share).run()
        assert not app.exception
        page = app.get("iframe")[0].proto.srcdoc
        scores = re.findall(r"no emotion</bdi> <b>([\d.]+)", page)
        neutral.append([float(score) for score in scores])
    assert all(rarely > readily for rarely, readily in zip(*neutral, strict=True))


def test_a_file_comes_back_as_tables_and_a_page(trained: Language, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("call,said\n1,You won!\n2,Really?\n2,Fine.\n", encoding="utf-8")
    annotator = Annotator(trained, trained.get_pipe("casn_emotion"))
    outputs = annotate_file(annotator, path, columns=Columns("call", "said"), limit=1)
    assert (outputs.read_as, outputs.dialogues) == ("CSV table", 2)
    rows = list(csv.DictReader(io.StringIO(outputs.tables["csv"].decode())))
    alone = trained("You won!")
    assert [row["said"] for row in rows] == ["You won!", "Really?", "Fine."]
    assert rows[0]["emotion"] == alone.spans["turns"][0].label_
    sheet = openpyxl.load_workbook(io.BytesIO(outputs.tables["xlsx"])).active
    assert [row[1] for row in sheet.values] == ["said", "You won!", "Really?", "Fine."]
    assert "You won!" in outputs.page
    assert "Fine." not in outputs.page


def test_a_chat_comes_back_as_it_was_heard(trained: Language) -> None:
    session = DialogueSession(trained)
    heard = [session.add("Ann", "You won!"), session.add("", "..."), session.add("Ben", "Really?")]
    annotator = Annotator(trained, trained.get_pipe("casn_emotion"))
    outputs = chat_outputs(annotator, session.doc(), "chat")
    rows = list(csv.DictReader(io.StringIO(outputs.tables["csv"].decode())))
    assert [row["emotion"] for row in rows] == heard
    assert [row["speaker"] for row in rows] == ["Ann", "", "Ben"]
    assert [bool(row["score"]) for row in rows] == [True, False, True]
    sheet = openpyxl.load_workbook(io.BytesIO(outputs.tables["xlsx"])).active
    assert [row[2] for row in sheet.values] == ["text", "You won!", "...", "Really?"]
    assert "Really?" in outputs.page
