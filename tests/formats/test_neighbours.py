"""Files whose kind is known, written by other programs than the usual ones."""

import json
from pathlib import Path

import pytest

from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import Source

from .reading import only, seen, written

TALK = [("Nora Quill", "I got the job!"), ("Pete Ross", "No way!"), ("Nora Quill", "Yes.")]


@pytest.mark.parametrize(
    "text",
    [
        "00:03\nNora Quill\nI got the job!\n\n00:12\nPete Ross\nNo way!\n\n"
        "00:20\nNora Quill\nYes.\n",
        "A call\nTranscript\n\n00:00:00\n\nNora Quill: I got the job!\nPete Ross: No way!\n\n"
        "00:05:00\n\nNora Quill: Yes.\n",
    ],
    ids=["name below", "several below"],
)
def test_times_alone_stand_above_names(text: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, text))
    assert (read.format, read.said) == ("timed", TALK)


def test_times_of_the_day_have_seconds_too(tmp_path: Path) -> None:
    path = written(tmp_path, "Nora (14:02:11): I got the job!\nPete (14:02:31): No way!\n")
    assert seen(path).fields == [{"time": "14:02:11"}, {"time": "14:02:31"}]


def test_speakers_in_brackets_are_names_in_subtitles(tmp_path: Path) -> None:
    cue = "{}\n00:00:0{},000 --> 00:00:0{},500\n[SPEAKER_0{}]: {}\n\n"
    text = cue.format(1, 1, 1, 0, "Hi!") + cue.format(2, 2, 2, 1, "Ho! [laughs]")
    read = seen(written(tmp_path, text, "talk.srt"))
    assert read.said == [("SPEAKER_00", "Hi!"), ("SPEAKER_01", "Ho! [laughs]")]


def test_captions_that_roll_up_are_said_once(tmp_path: Path) -> None:
    text = (
        "WEBVTT\nKind: captions\n\n"
        "00:00:00.000 --> 00:00:02.000 align:start\n \nI<00:00:00.500><c> got it &amp;</c>\n\n"
        "00:00:02.000 --> 00:00:02.010 align:start\nI got it &amp;\n \n\n"
        "00:00:02.010 --> 00:00:04.000\nI got it &amp;\nso<00:00:02.500><c> there</c>\n\n"
        "00:00:04.000 --> 00:00:04.010 align:start\nso there\n \n"
    )
    read = seen(written(tmp_path, text, "talk.vtt"))
    assert read.said == [("", "I got it &"), ("", "so there")]
    assert only(read.fields, "start") == [0.0, 2.01]


def test_what_is_said_twice_is_said_twice(tmp_path: Path) -> None:
    cue = "00:00:0{}.000 --> 00:00:0{}.500\n{}\n\n"
    text = "WEBVTT\n\n" + "".join(
        cue.format(number, number, said)
        for number, said in enumerate(("No.", "No.", "Why?", "Oh."))
    )
    assert len(seen(written(tmp_path, text, "talk.vtt")).said) == 4


def test_words_of_deepgram_know_who_speaks(tmp_path: Path) -> None:
    words = [
        {"word": "hi", "start": 0.1, "end": 0.2, "speaker": 0, "punctuated_word": "Hi"},
        {"word": "there", "start": 0.3, "end": 0.4, "speaker": 0, "punctuated_word": "there!"},
        {"word": "ho", "start": 1.0, "end": 1.2, "speaker": 1, "punctuated_word": "Ho."},
    ]
    alternatives = [{"transcript": "Hi there! Ho.", "words": words}]
    content = {"metadata": {}, "results": {"channels": [{"alternatives": alternatives}]}}
    read = seen(written(tmp_path, json.dumps(content), "talk.json"))
    assert read.said == [("0", "Hi there!"), ("1", "Ho.")]
    assert read.fields == [{"start": 0.1, "end": 0.4}, {"start": 1.0, "end": 1.2}]


def test_lists_of_names_are_names(tmp_path: Path) -> None:
    text = (
        "Season,Episode,Scene_ID,Utterance_ID,Speaker,Emotion,Utterance\n"
        "1,1,1,1,\"['Monica Geller']\",Joyful,Hi!\n"
        "1,1,1,2,\"['Ross Geller', 'Rachel O\"\"Green']\",Sad,Ho.\n"
        '1,1,1,3,"[""Joey\'s Ma""]",Sad,Ha.\n'
    )
    read = seen(written(tmp_path, text, "talk.csv"))
    names = ["Monica Geller", 'Ross Geller, Rachel O"Green', "Joey's Ma"]
    assert [speaker for speaker, _ in read.said] == names


def test_logs_of_hexchat(tmp_path: Path) -> None:
    text = (
        "**** BEGIN LOGGING AT Fri Mar 14 19:02:00 2025\n\nMar 14 19:02:11 <nora>\tI got it!\n"
        "Mar 14 19:02:30 *\tpete has joined\nMar 14 19:03:11 <pete>\tNo way\n"
        "**** ENDING LOGGING AT Fri Mar 14 19:10:00 2025\n"
    )
    read = seen(written(tmp_path, text))
    assert (read.format, read.said) == ("irc", [("nora", "I got it!"), ("pete", "No way")])
    assert read.fields[0] == {"time": "Mar 14 19:02:11"}


@pytest.mark.parametrize(
    "text",
    [
        "NORA.\nI got the job!\n\nPETE.\nNo way!\n\nNORA.\nYes.\n\nPETE.\nGreat.\n",
        "Mar 14, 2025  7:02:11 PM\nNora\nI got it!\n\nMar 14, 2025  7:03:11 PM\nMe\nNo way!\n",
    ],
)
def test_names_that_stand_in_other_ways_are_not_said(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no format that is known for certain"):
        recognised(Source(written(tmp_path, text)))
