import pytest

from spacy_casn.corpora.conversion import without_leaks
from spacy_casn.corpora.duplicates import dialogue_digest, letters
from spacy_casn.data.types import Dialogue


def dialogue(*turns: str) -> Dialogue:
    return Dialogue([*turns], [""] * len(turns), [""] * len(turns))


@pytest.mark.parametrize(
    ("turns", "same"),
    [
        (["Hi there.", "Bye."], True),
        (["hi there.", "Bye."], False),
        (["Hi there. Bye."], False),
        (["Hi there.", "Bye.", ""], False),
        (["Bye.", "Hi there."], False),
    ],
)
def test_digests_are_those_of_the_turns(turns: list[str], same: bool) -> None:
    assert (dialogue_digest(turns) == dialogue_digest(["Hi there.", "Bye."])) == same


def test_any_turns_have_a_digest_of_sixteen_bytes() -> None:
    assert len(dialogue_digest(["Hi", "\ud800"])) == 16
    assert dialogue_digest(["Hi", "\ud800"]) != dialogue_digest(["Hi", "\ud801"])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I 'm OK , no_one.", "imoknoone"),
        ("Straße 12!", "strasse12"),
        ("...", "..."),
        ("", ""),
    ],
)
def test_letters_leave_out_case_spaces_and_punctuation(text: str, expected: str) -> None:
    assert letters(text) == expected


def test_leaks_are_found_word_for_word() -> None:
    splits = {
        "train": [dialogue("Hi", "Bye"), dialogue("Hi", "bye"), dialogue("Hi"), dialogue("No")],
        "dev": [dialogue("Hi", "Bye")],
        "test": [dialogue("No")],
    }
    free, left_out = without_leaks(splits)
    assert left_out == 2
    assert free == {**splits, "train": [dialogue("Hi", "bye"), dialogue("Hi")]}
