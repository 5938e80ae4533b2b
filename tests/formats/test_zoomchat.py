from pathlib import Path

from .reading import seen, written


def test_old_and_new_ways_of_writing(tmp_path: Path) -> None:
    text = """19:02:11 From Nora Quill to Everyone:
\tI finally got the job!
\tToday!
19:03:11 From Pete Ross to Nora Quill (Direct Message):
\tReplying to "I finally got the jo..."

\tNo way!
19:03:12\t From  Pete Ross : Congrats: well done
19:03:20 From Pete Ross to Everyone:
\tReacted to "I finally got the jo..." with 👍
"""
    read = seen(written(tmp_path, text, "meeting_saved_chat.txt"))
    assert read.format == "zoomchat"
    assert read.said == [
        ("Nora Quill", "I finally got the job! Today!"),
        ("Pete Ross", "No way!"),
        ("Pete Ross", "Congrats: well done"),
        ("Pete Ross", ""),
    ]
    assert read.fields[1] == {"time": "19:03:11", "to": "Nora Quill (Direct Message)"}


def test_one_line_a_message(tmp_path: Path) -> None:
    text = "10:01:02 From Nora Quill : Hello\n10:01:09 From Pete to Nora Quill(Privately) : psst\n"
    read = seen(written(tmp_path, text))
    assert read.format == "zoomchat"
    assert read.said == [("Nora Quill", "Hello"), ("Pete", "psst")]
