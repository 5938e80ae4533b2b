from pathlib import Path

import pytest

from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import Source

from .reading import FIXTURES, only, seen, written

SAID = [("Nora Quill", "I got it! At 12:30 already."), ("Pete (Host)", "No way: really?")]


@pytest.mark.parametrize(
    ("name", "speakers", "start"),
    [
        ("otter.txt", ["Nora Quill", "Pete Ross", "Nora Quill"], [3.0, 12.0, 20.0]),
        ("rev.txt", ["Speaker 1", "Speaker 2", "Speaker 1"], [3.0, 12.0, 20.0]),
        ("agent_times.txt", ["Agent", "Customer", "Agent", "Customer"], [12.0, 15.0, 21.0, 30.0]),
    ],
)
def test_times_are_no_part_of_names(name: str, speakers: list[str], start: list[float]) -> None:
    read = seen(FIXTURES / name)
    assert read.format == "timed"
    assert [speaker for speaker, _ in read.said] == speakers
    assert only(read.fields, "start") == start
    assert all(text and "otter.ai" not in text for _, text in read.said)


@pytest.mark.parametrize(
    "text",
    [
        "[00:00:03] Nora Quill: I got it!\nAt 12:30 already.\n"
        "[00:00:12] Pete (Host): No way: really?",
        "0:03 Nora Quill: I got it! At 12:30 already.\n0:12 Pete (Host): No way: really?",
        "Nora Quill: [00:03] I got it!\nAt 12:30 already.\nPete (Host): [00:12] No way: really?",
        "Nora Quill [00:03]: I got it! At 12:30 already.\nPete (Host) [00:12]: No way: really?",
        "A talk\nMay 3\n\nNora Quill  0:03\nI got it!\nAt 12:30 already.\n\n"
        "Pete (Host)  0:12\nNo way: really?",
        "Nora Quill  00:00:03\nI got it! At 12:30 already.\nPete (Host)  00:00:12\nNo way: really?",
        "Nora Quill | 00:03\nI got it! At 12:30 already.\nPete (Host) | 00:12\nNo way: really?",
        "00:00:03 Nora Quill\nI got it! At 12:30 already.\n\n00:00:12 Pete (Host)\nNo way: really?",
        "[00:00:03.000 --> 00:00:05.000] Nora Quill: I got it! At 12:30 already.\n"
        "[00:00:12.000 --> 00:00:15.000] Pete (Host): No way: really?",
    ],
)
def test_names_and_times_stand_in_many_ways(text: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, text))
    assert read.format == "timed"
    assert read.said == SAID
    assert only(read.fields, "start") == [3.0, 12.0]


def test_a_time_of_day_stays_as_it_is(tmp_path: Path) -> None:
    read = seen(written(tmp_path, "Nora Quill  7:02 PM\nHi!\nPete  7:03 PM\nHo!\n"))
    assert read.said == [("Nora Quill", "Hi!"), ("Pete", "Ho!")]
    assert read.fields == [{"time": "7:02 PM"}, {"time": "7:03 PM"}]


@pytest.mark.parametrize(
    ("begin", "time"),
    [
        ("2025-03-14 19:02:11 ", "2025-03-14 19:02:11"),
        ("(14.03.2025, 7:02 PM) - ", "14.03.2025 7:02 PM"),
    ],
)
def test_a_time_may_have_a_date(begin: str, time: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, f"{begin}Nora: Hi!\n{begin}Pete: Ho!\n"))
    assert read.said == [("Nora", "Hi!"), ("Pete", "Ho!")]
    assert read.fields == [{"time": time}, {"time": time}]


def test_times_without_names(tmp_path: Path) -> None:
    read = seen(written(tmp_path, "0:03\nI got it!\n0:12\nNo way!\nReally?\n"))
    assert read.said == [("", "I got it!"), ("", "No way! Really?")]


def test_times_before_what_is_said(tmp_path: Path) -> None:
    text = "[00:00:03.000 --> 00:00:05.000]  I got it!\n[00:00:12.000 --> 00:00:15.000]  No way!\n"
    read = seen(written(tmp_path, text))
    assert (read.format, read.said) == ("timed", [("", "I got it!"), ("", "No way!")])
    assert read.fields[1] == {"start": 12.0, "end": 15.0}


def test_a_table_whose_last_column_is_a_time_is_a_table(tmp_path: Path) -> None:
    path = tmp_path / "chats.csv"
    path.write_text("dialogue,speaker,text,when\n1,Nora,Hi,2024-03-01 22:30\n", encoding="utf-8")
    assert recognised(Source(path)).name == "csv"


@pytest.mark.parametrize(
    ("text", "field", "times"),
    [
        ("[19:02] nora: Hi!\n[19:03] pete: Ho!\n[19:04] nora: Ha!\n", "time", ["19:02", "19:03"]),
        ("[00:02] nora: Hi!\n[19:03] pete: Ho!\n[19:04] nora: Ha!\n", "start", [2.0, 1143.0]),
        ("[19:02] nora: Hi!\n[24:03] pete: Ho!\n[31:04] nora: Ha!\n", "start", [1142.0, 1443.0]),
    ],
)
def test_times_of_the_day_are_no_minutes_of_a_recording(
    text: str, field: str, times: list[object], tmp_path: Path
) -> None:
    assert only(seen(written(tmp_path, text)).fields, field)[:2] == times


def test_a_text_without_times_that_is_read_so_has_no_turns(tmp_path: Path) -> None:
    (read,) = read_file(written(tmp_path, "Hi!\n"), Faults(), source_format="timed")
    assert read.turns == []
