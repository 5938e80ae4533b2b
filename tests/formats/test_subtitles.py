from pathlib import Path

import pytest

from .reading import FIXTURES, only, seen, written

SAID = [
    ("Nora Quill", "I finally got the job!"),
    ("Pete Ross", "No way! Congratulations, I'm so happy for you."),
    ("Nora Quill", "But my landlord is a disgusting man. I hate him!"),
]


@pytest.mark.parametrize("name", ["zoom.vtt", "teams.vtt"])
def test_names_and_voices_are_the_speakers(name: str) -> None:
    read = seen(FIXTURES / name)
    assert read.format == "vtt"
    assert read.said == SAID
    assert only(read.fields, "start") == [3.0, 12.0, 20.0]
    assert only(read.fields, "end") == [6.0, 14.5, 24.0]


def test_dashes_part_a_cue_and_tags_are_no_text() -> None:
    read = seen(FIXTURES / "film.srt")
    assert read.format == "srt"
    assert read.said == [
        ("NORA", "I finally got the job!"),
        ("", "No way!"),
        ("", "I swear!"),
        ("", "But my landlord is a disgusting man. I hate him!"),
    ]
    assert only(read.fields, "start") == [3.0, 12.0, 12.0, 20.0]


def test_a_cue_may_hold_several_voices_notes_and_entities(tmp_path: Path) -> None:
    text = """\ufeffWEBVTT - a meeting

NOTE nobody says this

STYLE
::cue { color: red }

uuid/1-0
00:03.000 --> 00:06.000 align:start
<v.loud Nora O&#39;Neil>Q&amp;A <i>now</i>?</v><v Pete>Sure:
go on.</v>

00:07.000 --> 00:08.000
[Music]
"""
    read = seen(written(tmp_path, text, "talk.txt"))
    assert read.said == [("Nora O'Neil", "Q&A now?"), ("Pete", "Sure: go on."), ("", "")]
    assert only(read.fields, "note") == [None, None, "[Music]"]


def test_a_colon_alone_makes_no_speaker(tmp_path: Path) -> None:
    cues = ["He said: go away.", "I went.", "It rained.", "- NORA: Why?\n- Because."]
    blocks = [f"{n}\n00:00:0{n},000 --> 00:00:0{n},900\n{cue}\n" for n, cue in enumerate(cues, 1)]
    assert seen(written(tmp_path, "\r\n".join(blocks).replace("\r", ""), "film")).said == [
        ("", "He said: go away."),
        ("", "I went."),
        ("", "It rained."),
        ("NORA", "Why?"),
        ("", "Because."),
    ]


def test_marks_of_captions_are_no_words(tmp_path: Path) -> None:
    text = """WEBVTT
Kind: captions

00:00:00.000 --> 00:00:02.000 align:start position:0%
hello there<00:00:00.500><c> how</c>

00:00:02.000 --> 00:00:04.000
>> (SIGHS) NORA: I'm fine.

00:00:04.000 --> 00:00:06.000
>> {\\an8}Good.
"""
    said = [("", "hello there how"), ("NORA", "I'm fine."), ("", "Good.")]
    assert seen(written(tmp_path, text)).said == said
