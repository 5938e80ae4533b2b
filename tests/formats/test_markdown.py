from pathlib import Path

from .reading import FIXTURES, only, seen, written


def test_bold_names() -> None:
    read = seen(FIXTURES / "markdown.txt")
    assert read.format == "markdown"
    assert read.said == [
        ("Nora", "I finally got the job!"),
        ("Pete", "No way! Congratulations!"),
        ("Nora", "But my landlord is a disgusting man."),
    ]


def test_emphasis_links_times_and_rules(tmp_path: Path) -> None:
    text = """# Interview

*Recorded in May.*

**Nora** (00:03): I *finally* got the **job**!
And [more](https://x.example).

---

- **Pete**: No way!

__Nora:__ [0:12] snake_case stays
"""
    read = seen(written(tmp_path, text, "talk.md"))
    assert read.said == [
        ("Nora", "I finally got the job! And more."),
        ("Pete", "No way!"),
        ("Nora", "snake_case stays"),
    ]
    assert only(read.fields, "start") == [3.0, None, 12.0]


def test_headings_that_come_again(tmp_path: Path) -> None:
    text = "## User\n\nHi!\n\n## Assistant\n\nHello.\n\n- one\n\n## User\n\nThanks\n"
    read = seen(written(tmp_path, text, "talk.md"))
    assert read.format == "markdown"
    assert read.said == [("User", "Hi!"), ("Assistant", "Hello. - one"), ("User", "Thanks")]


def test_bold_names_on_lines_of_their_own(tmp_path: Path) -> None:
    text = "**Nora**\n\nHi!\n\n**Pete**\n\nHello.\n\n**Nora**\n\nBye\n"
    read = seen(written(tmp_path, text))
    assert read.said == [("Nora", "Hi!"), ("Pete", "Hello."), ("Nora", "Bye")]
