import pytest
import spacy

from spacy_casn import line_turns
from spacy_casn.data.transcripts import clean_name, read_transcript


def read(text: str, *, strict: bool = False) -> list[tuple[str, str]]:
    found = read_transcript(text, strict=strict)
    return [(turn.speaker, text[turn.start : turn.end]) for turn in found.turns]


@pytest.mark.parametrize(
    ("name", "speaker", "time"),
    [
        ("Ann", "Ann", ""),
        ("14/03/2025, 19:02 - Nora Q.", "Nora Q.", "14/03/2025, 19:02"),
        ("[3/14/25, 7:02:30 PM] Nora", "Nora", "3/14/25, 7:02:30 PM"),
        ("[12:03] Bob", "Bob", "12:03"),
        ("00:01:02.500 Bob", "Bob", "00:01:02.500"),
        ("Agent (00:12)", "Agent", "00:12"),
        ("Ann 0:03", "Ann", "0:03"),
        ("[Ann]", "Ann", ""),
        ("**Ann**", "Ann", ""),
        ("<Ann>", "Ann", ""),
        ("\u200eNora\ufeff", "Nora", ""),
        ("Speaker 1", "Speaker 1", ""),
        ("Quill, Nora (Customer Care)", "Quill, Nora (Customer Care)", ""),
        ("12:03", "", "12:03"),
    ],
)
def test_what_stands_around_a_name_is_no_part_of_it(name: str, speaker: str, time: str) -> None:
    assert clean_name(name) == (speaker, time)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "14 March 2025\nAnn: I got it.\nIt came.\nBen: And?\nAnn: Yes!\n\nEnd",
            [
                ("", "14 March 2025"),
                ("Ann", "I got it.\nIt came."),
                ("Ben", "And?"),
                ("Ann", "Yes!"),
                ("", "End"),
            ],
        ),
        (
            "Ann: Hi.\n(she laughs)\nAnn: Oh!",
            [("Ann", "Hi."), ("", "(she laughs)"), ("Ann", "Oh!")],
        ),
        ("Ann：Hello.\nBen：Oh, hi.", [("Ann", "Hello."), ("Ben", "Oh, hi.")]),
        ("Ann:Hello.\nBen:Hi.\nAnn:Bye.", [("Ann", "Hello."), ("Ben", "Hi."), ("Ann", "Bye.")]),
        ("See http://a.b\nSee http://c.d", [("", "See http://a.b"), ("", "See http://c.d")]),
        ("Ann: Hello.\nBen:\n", [("Ann", "Hello."), ("Ben", "")]),
        ("Note: bring cash.\nFine.", [("", "Note: bring cash."), ("", "Fine.")]),
        ("Ann: Hi.\nBen: Hello.\nSo they met.", [("Ann", "Hi."), ("Ben", "Hello.\nSo they met.")]),
    ],
)
def test_who_says_what(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


def test_to_be_strict_is_to_ask_for_a_name_on_each_line() -> None:
    text = "Ann: Hi.\nBen: Hello.\nSo they met.\nAnn: Bye."
    assert read(text, strict=True)[0] == ("", "Ann: Hi.")
    assert read(text)[0] == ("Ann", "Hi.")


def test_what_is_unclear_is_said() -> None:
    text = "Ann: Hi.\nBen: Hello.\nCem: Oh.\nSo they met.\nAnd parted."
    assert read_transcript(text).unclear == 4
    with pytest.warns(
        UserWarning, match="gets no speakers: line 4 names none, but 3 of 5 lines do"
    ):
        spans = line_turns(spacy.blank("en").make_doc(text))
    assert [span.id_ for span in spans] == [""] * 5
    assert read_transcript("Hello.\nNote: cash\nBye.").unclear is None
