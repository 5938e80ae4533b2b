from pathlib import Path

import pytest

from .reading import FIXTURES, only, seen, written


def test_an_export_of_android() -> None:
    read = seen(FIXTURES / "wa_android12.txt")
    assert read.format == "whatsapp"
    assert read.said == [
        ("Nora Q.", "I finally got the job!!"),
        ("Pete", "No way! Congratulations!"),
        ("Pete", "I'm so happy for you"),
        ("Nora Q.", ""),
        (
            "Nora Q.",
            "But my landlord is a disgusting man. He wants more rent: 200 a month. I hate him!",
        ),
        ("Pete", "😡😡"),
        ("Pete", ""),
    ]
    assert only(read.fields, "note")[3] == "<Media omitted>"
    assert only(read.fields, "note")[6] == "This message was deleted"
    assert read.fields[0] == {"time": "2025-03-14T19:02:00"}


def test_an_export_of_ios_with_marks() -> None:
    read = seen(FIXTURES / "wa_ios.txt")
    assert read.format == "whatsapp"
    assert read.said == [
        ("Nora", "I got it: the job! Second line."),
        ("Pete", ""),
        ("Pete", ""),
        ("Pete", "No way"),
        ("Pete", "look"),
        ("+49 170 123456", ""),
        ("+49 170 123456", "hello"),
    ]
    assert only(read.fields, "time")[0] == "2025-03-14T19:02:30"
    assert only(read.fields, "note")[4] == "<Anhang: 0001-PHOTO.jpg>"


@pytest.mark.parametrize("name", ["wa_half.txt", "wa_times.txt"])
def test_dates_are_no_part_of_names(name: str) -> None:
    read = seen(FIXTURES / name)
    assert {speaker.rstrip("Q. ") for speaker, _ in read.said} == {"Nora", "Pete"}
    assert len(read.said) == {"wa_half.txt": 4, "wa_times.txt": 5}[name]


@pytest.mark.parametrize(
    ("line", "time"),
    [
        ("3/4/25, 7:02 PM - Ann: Hi!", "2025-03-04T19:02:00"),
        ("3/4/25, 12:02\u202fAM - Ann: Hi!", "2025-03-04T00:02:00"),
        ("3/4/25, 19:02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("03.04.25, 19:02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("3-4-2025 19:02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("2025-04-03, 7:02 p.m. - Ann: Hi!", "2025-04-03T19:02:00"),
        ("3/4/2025, 7:02 p. m. - Ann: Hi!", "2025-04-03T19:02:00"),
        ("03/04/2025 à 19:02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("03/04/25 19.02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("2025. 4. 3. 오후 7:02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("2025. 4. 3. 오후 7:02, Ann : Hi!", "2025-04-03T19:02:00"),
        ("2025/4/3 下午7:02 - Ann: Hi!", "2025-04-03T19:02:00"),
        ("٣‏/٤‏/٢٠٢٥، ٧:٠٢ م - Ann: Hi!", "2025-04-03T19:02:00"),
        ("3/4/25, 7:02 pm - Ann: Hi!", "2025-04-03T19:02:00"),
        ("[03/04/2025, 19:02:11] Ann: Hi!", "2025-04-03T19:02:11"),
        ("\u200e[3/4/25, 7:02:11\u202fPM] ~\u202fAnn: Hi!", "2025-03-04T19:02:11"),
        ("[19:02, 3.4.2025] Ann: Hi!", "2025-04-03T19:02:00"),
    ],
)
def test_dates_of_many_countries(line: str, time: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, f"{line}\n{line.replace('Ann', 'Ben')}\n"))
    assert read.format == "whatsapp"
    assert read.said == [("Ann", "Hi!"), ("Ben", "Hi!")]
    assert only(read.fields, "time") == [time, time]


def test_a_number_above_twelve_settles_the_order(tmp_path: Path) -> None:
    text = "3/4/25, 7:02 - Ann: Hi!\n13/4/25, 7:02 - Ann: Ho!\n"
    assert only(seen(written(tmp_path, text)).fields, "time")[0] == "2025-04-03T07:02:00"
    text = "3.4.25, 7:02 - Ann: Hi!\n3.13.25, 7:02 - Ann: Ho!\n"
    assert only(seen(written(tmp_path, text)).fields, "time")[0] == "2025-03-04T07:02:00"


@pytest.mark.parametrize(
    "text",
    [
        "<Medien ausgeschlossen>",
        "<Multimedia omitido>",
        "imagen omitida",
        "audio omitted",
        "Diese Nachricht wurde gelöscht.",
        "Se eliminó este mensaje",
        "Mensagem apagada",
        "Messaggio eliminato",
        "このメッセージは削除されました",
        "You deleted this message",
        "Missed voice call",
        "IMG-20250314-WA0001.jpg (file attached)",
        "location: https://maps.google.com/?q=1,2",
    ],
)
def test_what_nobody_said_is_silent(text: str, tmp_path: Path) -> None:
    read = seen(
        written(tmp_path, f"14/03/2025, 19:02 - Ann: Hi!\n14/03/2025, 19:03 - Ben: {text}\n")
    )
    assert read.said == [("Ann", "Hi!"), ("Ben", "")]


@pytest.mark.parametrize(
    "line",
    [
        'You created group "Trip: Rome"',
        'Nora changed the subject from "a" to "Trip: B"',
        "Nora added Pete",
        "Your security code with Pete changed. Tap to learn more.",
    ],
)
def test_what_the_telephone_wrote_is_left_out(line: str, tmp_path: Path) -> None:
    head = "14/03/2025, 19:02 - "
    text = f"{head}{line}\n{head}Ann: Hi!\n{head}Ben: I was omitted: why?\n"
    assert seen(written(tmp_path, text)).said == [("Ann", "Hi!"), ("Ben", "I was omitted: why?")]


def test_a_file_may_have_words_and_an_edit_leaves_a_mark(tmp_path: Path) -> None:
    head = "14/03/2025, 19:02 - "
    text = (
        f"{head}Ann: IMG-1.jpg (file attached)\nLook at this\n"
        f"{head}Ben: Nice! <This message was edited>\n"
    )
    read = seen(written(tmp_path, text))
    assert read.said == [("Ann", "Look at this"), ("Ben", "Nice!")]
    assert read.fields[0]["note"] == "IMG-1.jpg (file attached)"


def test_a_sound_with_a_file_is_no_speech(tmp_path: Path) -> None:
    head = "14/03/2025, 19:02 - "
    read = seen(written(tmp_path, f"{head}Ann: IMG-1.jpg (file attached)\n...\n{head}Ben: Hi!\n"))
    assert read.said == [("Ann", ""), ("Ben", "Hi!")]
    assert read.fields[0]["note"] == "IMG-1.jpg (file attached)"
