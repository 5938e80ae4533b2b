import json
from pathlib import Path

import pytest

from spacy_casn.formats.encoding import as_text
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.jsonl import parse_line
from spacy_casn.formats.reading import read_file

LINE = b'{"turns": [{"text": "Hi", "speaker": null, "emotion": "joy"}, {"text": "No"}], "id": 7}'


def test_what_is_missing_or_null_is_empty() -> None:
    dialogue = parse_line(LINE, "calls, line 3", "calls-3")
    assert {**dialogue.keys, "turns": dialogue.fields} == json.loads(LINE)
    assert dialogue.name == "7"
    assert (dialogue.turns, dialogue.speakers) == (["Hi", "No"], ["", ""])
    assert (dialogue.emotions, dialogue.place) == (["joy", ""], "calls, line 3")


@pytest.mark.parametrize("key", ["text", "speaker", "emotion"])
def test_what_is_no_text_is_named(key: str) -> None:
    line = json.dumps({"turns": [{"text": "Hi", key: [3]}]}).encode()
    with pytest.raises(ValueError, match=rf"^calls, line 3: the {key} \[3\] must be a text: put"):
        parse_line(line, "calls, line 3", "")


def test_a_number_is_a_name_too() -> None:
    line = b'{"turns": [{"text": "Hi", "speaker": 0}, {"text": "Oh", "speaker": 1}]}'
    assert parse_line(line, "here", "").speakers == ["0", "1"]


def test_what_follows_a_bad_line_is_read(tmp_path: Path) -> None:
    path = tmp_path / "calls.jsonl"
    path.write_bytes(LINE + b"\n\xff no\n\n" + LINE)
    with Faults("skip", tmp_path / "out") as faults:
        places = [dialogue.place for dialogue in read_file(path, faults)]
    assert places == [f"{path}, line 1", f"{path}, line 4"]
    row = json.loads((tmp_path / "out.skipped").read_text(encoding="utf-8"))
    assert row["error"].startswith(f"{path}, line 2: no dialogue")
    assert row["content"] == as_text(b"\xff no\n") == "\\xff no\n"
