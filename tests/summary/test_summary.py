"""The page and the workbook."""

import gzip
import json
import re
from base64 import b64decode
from pathlib import Path

import openpyxl
import pytest

from spacy_casn.summary import packed
from spacy_casn.summary.figures import figures_of
from spacy_casn.summary.summary import Summary
from spacy_casn.summary.table import TableBuilder, TurnTable

from .tables import random_table, table_of


def summary_of(table: TurnTable) -> Summary:
    return Summary(table, figures_of(table), "Chats")


def unpacked(text: str) -> object:
    return json.loads(gzip.decompress(b64decode(text)))


def test_the_workbook_has_figures_dialogues_and_turns(tmp_path: Path) -> None:
    table = random_table()
    workbook = openpyxl.load_workbook(summary_of(table).to_disk(tmp_path / "chats.html"))
    assert workbook.sheetnames == [
        *("emotions", "speakers", "positions", "hours", "weeks", "answers"),
        *("dialogues", "turns"),
    ]
    header, *rows = workbook["emotions"].values
    assert header == ("emotions", "emotion", "turns", "of", "share", "at least", "at most")
    overall = figures_of(table).overall
    assert [row[2] for row in rows] == overall.counts[0].tolist()
    _, *turns = workbook["turns"].values
    assert [turn[3] for turn in turns] == table.texts
    header, *dialogues = workbook["dialogues"].values
    assert [dialogue[0] for dialogue in dialogues] == table.names
    for dialogue in dialogues:
        first = workbook["turns"][dialogue[header.index("first row in turns")]]
        assert (first[0].value, first[1].value) == (dialogue[0], 1)


def test_texts_are_no_formulas_and_no_scripts(tmp_path: Path) -> None:
    builder = TableBuilder()
    builder.begin("</script><script>alert(1)</script>")
    builder.add("=1+1", "</script>", "joy\ud800", 1.0)
    builder.begin("chat 2")
    builder.add("<!--", "'\"", "anger", 1.0)
    page = tmp_path / "chats.html"
    workbook = openpyxl.load_workbook(summary_of(builder.table()).to_disk(page))
    assert workbook["turns"]["D2"].value == "=1+1"
    assert workbook["turns"]["D2"].data_type == "s"
    html = page.read_text(encoding="utf-8")
    assert "alert(1)" not in html
    assert len(re.findall("<script", html)) == html.count("</script>")


def test_the_page_holds_all_turns_in_little() -> None:
    table = random_table(250)
    html = summary_of(table).to_html()
    chunks = re.findall(r'class="casn-chunk">([^<]+)<', html)
    assert len(chunks) == 3
    texts = {dialogue: said for chunk in chunks for dialogue, _, said in unpacked(chunk)}
    assert [text for number in range(250) for text in texts[number]] == table.texts
    found = re.search(r'id="casn-numbers">([^<]+)<', html)
    assert found is not None
    numbers = unpacked(found[1])
    assert [ord(code) - packed.CODE for code in numbers["emotion"]] == table.emotion.tolist()
    assert numbers["names"] == table.names
    assert numbers["counts"] == figures_of(table).courses.counts.ravel().tolist()


def test_texts_that_do_not_fit_are_those_that_stand_nowhere_in_front(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(packed, "CHUNK", 2)
    monkeypatch.setattr(packed, "BUDGET", 300)
    calm = [[("Ann", "no emotion"), ("Ben", "no emotion")]] * 8
    table = table_of(*calm, [("Ann", "anger")] * 5)
    chunks, numbers = packed.pack_texts(table, figures_of(table))
    assert 0 < len(chunks) < 5
    assert numbers[8] == 0
    assert -1 in numbers.tolist()
    page = summary_of(table).to_html()
    assert f"The texts of {(numbers < 0).sum()} dialogues" in page


def test_another_ending_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is no HTML file"):
        summary_of(random_table()).to_disk(tmp_path / "chats.pdf")
    assert list(tmp_path.iterdir()) == []
