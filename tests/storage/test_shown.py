import pytest

from spacy_casn.storage.errors import first_line
from spacy_casn.storage.shown import NO_CONTENT, listed, quoted, visible

ESCAPES = "\x1b]0;pwned\x07\x9b31m\u202e\ud800\r"
SECRET = "my card is 4111 " * 1000


def test_terminals_are_told_nothing() -> None:
    assert visible(f"a\tb\n{ESCAPES}é👩‍💻") == (
        "a\tb\n\\x1b]0;pwned\\x07\\x9b31m\\u202e\\ud800\\ré👩‍💻"
    )
    assert "\n" not in quoted("a\nb")
    assert "\n" not in listed(["a\nb", "c"])


def test_content_is_cut_off() -> None:
    assert quoted("short") == "'short'"
    assert quoted(3.5) == "3.5"
    assert len(quoted(SECRET)) <= 45
    assert len(listed([SECRET] * 3)) <= 85
    assert len(first_line(ValueError(SECRET))) <= 205
    assert listed([]) == "none"


def test_content_can_be_kept_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NO_CONTENT, "1")
    assert quoted("secret") == "(6 characters)"
    assert listed(["secret", "b"]) == "(2 names)"
    assert first_line(ValueError("bad: secret")) == "ValueError"
    monkeypatch.setenv(NO_CONTENT, "0")
    assert quoted("secret") == "'secret'"
