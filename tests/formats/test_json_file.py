import json
from pathlib import Path

import pytest

from .reading import dialogues, seen, written

TALK = {
    "turns": [{"speaker": "Nora", "text": "Hi!"}, {"speaker": 1, "text": ["Ho, ", {"text": "ho"}]}]
}


@pytest.mark.parametrize("name", ["talk.json", "talk.jsonl", "talk"])
@pytest.mark.parametrize("indent", [None, 2])
def test_json_is_read_however_it_is_laid_out(name: str, indent: int | None, tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps(TALK, indent=indent), name)
    assert seen(path).said == [("Nora", "Hi!"), ("1", "Ho, ho")]


@pytest.mark.parametrize("indent", [None, 1])
def test_a_list_of_dialogues(indent: int | None, tmp_path: Path) -> None:
    path = written(tmp_path, json.dumps([{**TALK, "id": "a"}, TALK], indent=indent), "talks.json")
    assert [dialogue.name for dialogue in dialogues(path)] == ["a", "talks-2"]


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"turns": "Hi!", "text": ""}, r'bad\.json: no dialogue \(it has no list "turns"\)'),
        ({"turns": [{"text": "Hi!"}, {}]}, r'bad\.json: no dialogue \(turn 2 has no "text"\)'),
    ],
)
def test_what_is_no_dialogue_is_named(value: object, error: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=error):
        dialogues(written(tmp_path, json.dumps(value, indent=1), "bad.json"))
