import json
import math
from pathlib import Path

import pytest

from spacy_casn.storage import strict_json
from spacy_casn.storage.strict_json import JsonError


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "^the key 'a' stands twice"),
        ('{"x":\n[1,\n{"a": 3,\n"a": 4}]}', "^line 3: the key 'a' stands twice"),
        ('[\n{"b": {"a": 0},\n"a": 1,\n"a": 2}]', "^line 2: the key 'a'"),
        ("[1,\n2,\n1e999]", "^line 3: 1e999 is no number"),
        ('{"a": NaN}', "^NaN is no number"),
        ('["Infinity",\n-Infinity]', "^line 2: -Infinity is no number"),
        (b'\xef\xbb\xbf{"a": 1, "a": 1}', "^the key 'a'"),
    ],
)
def test_what_json_cannot_hold(text: str | bytes, told: str) -> None:
    with pytest.raises(JsonError, match=told):
        strict_json.loads(text)


def test_plain_json_is_read_as_ever() -> None:
    text = '{"a": [1, 2.5, -1e10, null, true, "\\ud83d\\ude00"], "b": {"a": {}}}'
    assert strict_json.loads(text) == json.loads(text)
    assert strict_json.loads(text.encode("utf-16")) == json.loads(text)


def test_no_output_holds_what_is_no_number(tmp_path: Path) -> None:
    content = {"a": math.nan, "b": [1.5, math.inf, {"c": (-math.inf,)}], "d": "\ud800é"}
    expected = {"a": None, "b": [1.5, None, {"c": [None]}], "d": "\ud800é"}
    assert json.loads(strict_json.dumps(content)) == expected
    strict_json.write(tmp_path / "out.json", content)
    assert json.loads((tmp_path / "out.json").read_text(encoding="utf-8")) == expected
