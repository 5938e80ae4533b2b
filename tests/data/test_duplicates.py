import pytest

from spacy_casn.data.conversion import without_leaks
from spacy_casn.data.duplicates import dialogue_digest
from spacy_casn.data.source import Dialogue


def dialogue(*turns: str) -> Dialogue:
    return Dialogue([*turns], [""] * len(turns), [""] * len(turns))


@pytest.mark.parametrize(
    ("turns", "same"),
    [
        (["Hi there.", "Bye."], True),
        (["hi  THERE. ", "\tbye."], True),
        (["Hi there", "Bye."], False),
        (["Hi there. Bye."], False),
        (["Hi there.", "Bye.", ""], False),
        (["Bye.", "Hi there."], False),
    ],
)
def test_digests_are_those_of_what_is_said(turns: list[str], same: bool) -> None:
    assert (dialogue_digest(turns) == dialogue_digest(["Hi there.", "Bye."])) == same


def test_leaks_are_found_apart_from_case_and_spaces() -> None:
    splits = {
        "train": [dialogue("Hi", "Bye"), dialogue("hi ", "BYE"), dialogue("Hi"), dialogue("No")],
        "dev": [dialogue("Hi", "bye")],
        "test": [dialogue("no")],
    }
    free, left_out = without_leaks(splits)
    assert left_out == 3
    assert free == {**splits, "train": [dialogue("Hi")]}
