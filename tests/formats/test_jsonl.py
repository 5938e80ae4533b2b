import json
from pathlib import Path

import pytest

from spacy_casn.formats.encoding import as_text
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.jsonl import parse_line, read_file

LINE = b'{"turns": [{"text": "Hi", "speaker": null, "emotion": "joy"}, {"text": "No"}], "id": 7}'


def test_what_is_missing_or_null_is_empty() -> None:
    content, dialogue = parse_line(LINE, "calls, line 3")
    assert content == json.loads(LINE)
    assert (dialogue.turns, dialogue.speakers) == (["Hi", "No"], ["", ""])
    assert (dialogue.emotions, dialogue.place) == (["joy", ""], "calls, line 3")


@pytest.mark.parametrize("key", ["text", "speaker", "emotion"])
def test_what_is_no_text_is_named(key: str) -> None:
    line = json.dumps({"turns": [{"text": "Hi", key: 3}]}).encode()
    with pytest.raises(ValueError, match=r"^calls, line 3: 3 must be a text: put it in quotes"):
        parse_line(line, "calls, line 3")


def test_what_follows_a_bad_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(LINE + b"\n\xff no\n\n" + LINE)
    with Faults("skip", tmp_path / "out") as faults:
        places = [dialogue.place for dialogue in read_file(path, faults)]
    assert places == [f"{path}, line 1", f"{path}, line 4"]
    row = json.loads((tmp_path / "out.skipped").read_text(encoding="utf-8"))
    assert row["error"].startswith(f"{path}, line 2: no dialogue")
    assert row["content"] == as_text(b"\xff no\n") == "\\xff no\n"
