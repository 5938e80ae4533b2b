from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from .reading import FIXTURES, dialogues


def stored(folder: Path, rows: list[dict[str, Any]]) -> Path:
    path = folder / "talks.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_dailydialog_as_the_hub_has_it() -> None:
    first, second = dialogues(FIXTURES / "dd_hub.parquet")
    assert first.turns == ["The kitchen stinks .", "I'll throw out the garbage ."]
    assert first.emotions == ["disgust", "no emotion"]
    assert first.fields == [{"act": 3, "emotion": "disgust"}, {"act": 4, "emotion": "no emotion"}]
    assert second.name == "dd_hub-2"


def test_names_and_speakers_in_columns(tmp_path: Path) -> None:
    row = {"dialogue_id": "a", "topic": "x", "utterances": ["Hi!", None], "speakers": [0, 1]}
    (dialogue,) = dialogues(stored(tmp_path, [row]))
    assert (dialogue.name, dialogue.speakers, dialogue.turns) == ("a", ["0", "1"], ["Hi!", ""])
    assert dialogue.keys == {"dialogue_id": "a", "topic": "x"}


def test_lists_of_messages(tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "Hi!"}, {"role": "assistant", "content": "Hello."}]
    (dialogue,) = dialogues(stored(tmp_path, [{"messages": messages}]))
    assert (dialogue.speakers, dialogue.turns) == (["user", "assistant"], ["Hi!", "Hello."])


def test_a_column_of_text_goes_before_lists(tmp_path: Path) -> None:
    rows = [{"dialogue": "a", "text": "Hi!", "words": ["Hi", "!"]}]
    (dialogue,) = dialogues(stored(tmp_path, rows))
    assert dialogue.turns == ["Hi!"]
