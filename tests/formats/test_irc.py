from pathlib import Path

from .reading import FIXTURES, seen, written


def test_names_in_brackets_and_an_action() -> None:
    read = seen(FIXTURES / "irc.txt")
    assert read.format == "irc"
    assert read.said == [
        ("nora", "I finally got the job!"),
        ("pete", "No way! Congratulations!"),
        ("pete", ""),
        ("nora", "But my landlord is a disgusting man."),
    ]
    assert read.fields[2] == {"time": "19:04", "note": "hugs nora"}


def test_comings_and_goings_are_left_out(tmp_path: Path) -> None:
    text = """--- Log opened Fri Mar 14 19:00:00 2025
19:01 -!- pete [p@x.example] has joined #jobs
19:02 <@nora> I got <b>it</b>!
19:03 < pete> No way!
*** nora sets mode +o
19:04 * nora dances
"""
    read = seen(written(tmp_path, text.replace("<b>it</b>", "it"), "jobs.log"))
    assert read.said == [("nora", "I got it!"), ("pete", "No way!"), ("nora", "")]


def test_tabs_of_weechat(tmp_path: Path) -> None:
    text = (
        "2025-03-14 19:01:11\t-->\tpete has joined #jobs\n"
        "2025-03-14 19:02:11\t@nora\tI got it!\n"
        "2025-03-14 19:03:11\tpete\tNo way!\n"
        "2025-03-14 19:04:11\t *\tpete hugs nora\n"
    )
    read = seen(written(tmp_path, text, "jobs.weechatlog"))
    assert read.format == "irc"
    assert read.said == [("nora", "I got it!"), ("pete", "No way!"), ("pete", "")]
