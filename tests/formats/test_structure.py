from pathlib import Path
from random import Random

import pytest

from spacy_casn.formats.registry import recognised
from spacy_casn.formats.sources import Source

from ..hostile.files import KINDS
from .reading import dialogues, seen, written


@pytest.mark.parametrize(
    "text",
    [
        "<0.0> Nora said hi | 3\n<1.0> Pete said ho | 4\n",
        "L1045 +++$+++ u0 +++$+++ BIANCA +++$+++ They do not!\n"
        "L1044 +++$+++ u2 +++$+++ CAMERON +++$+++ They do to!\n",
        "12;Nora;Hi!\n13;Pete;Ho; ho!\n14;Nora;Ha!\n",
        "S1 :: Hi there!\nS2 :: Ho!\nS1 :: Ha!\n",
        "2025-03-14T19:02:11Z INFO Hi there!\n2025-03-14T19:02:12Z INFO Ho!\n",
        "2025-03-14T19:02:11 INFO Hi there!\n2025-03-14T19:02:12 INFO Ho!\n",
        "[section]\nname = x\nother = y\n",
        "def f(x):\n    return x + 1\n\n\nprint(f(1))\n",
        "---\nname: x\nlist:\n  - a\n  - b\n",
        "#!/bin/sh\nset -e\necho hi > x\nrm x\n",
        "From: a\nTo: b\nSubject: c\nDate: d\nCc: e\nBcc: f\nReply-To: g\nX-Spam: no\n",
        "aGVsbG8gd29ybGQgdGhpcyBpcyBhIHRlc3QK\nYW5kIGhlcmUgaXMgbW9yZSBvZiBpdCBub3c=\n",
        "apple\nbanana\ncherry\ndate\nelder\nfig\ngrape\nhoney\n",
        "This licence says a great many things about what you may do with it and\n"
        "what you may not do with it, and it goes on like that for quite a while\n"
        "until nobody reads on any more, which is the point of a text like this\none.\n",
        "Watcom\n------\n\nGenerates makefiles.\n",
        "# Meeting rules\n\nBe kind.\nListen.\n",
        "---\ntitle: prune\n---\n\nRemove packages.\n",
        "# Settings of the mouse\n# They are made by hand.\n# Here they are.\n\nmouse: a\nkey: b\n"
        "mouse: c\nkey: d\n",
        "MIT License\n\nCopyright (c) 2020 Ann Quill\n\nDo as you like.\n",
        "This page has been set to a width, as most pages are that somebody has\n"
        "written for others. It begins.\n\nIt goes on.\nThen it says that the width is the same "
        "in all\n"
        "of its parts, and that nobody speaks in any of them, at least not to\nanother.\n",
        r"{\rtf1\ansi Hi!}" + "\n" + r"\par Ho!" + "\n",
    ],
)
@pytest.mark.parametrize("name", ["talk.txt", "talk"])
def test_what_no_format_knows_is_refused(text: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no format that is known"):
        recognised(Source(written(tmp_path, text, name)))


@pytest.mark.parametrize(
    "text",
    [
        "Hi there!\nHow are you?\n",
        "Ann: Hi!\nBen: It's $5 - or 10% off.\nAnn: (laughs) Really?\n",
        "- Hi!\n- Ho!\n",
        "“Hi,” she said.\n… and then?\n",
        "Yes.\nNo.\nOk\n",
        "😡😡\n<3\nok\n",
        "ich weiß nicht\nwieso denn nicht\n",
        "你好!\n你好吗?\n",
        "100 % sure\nno\nyes\n",
        "lil_moth: hi is there any way to see who looked at it\nSupport_Pat: Hi there.\n"
        "lil_moth: my ex turns up everywhere\n",
        "#winning today!\nnice\n",
        "i wrote to them again this morning and they still have not answered me\n"
        "oh no what did they say the last time you asked them about it then\nnothing\n",
        "This license plate was stolen!\nReally?\n",
    ],
)
def test_people_write_like_this(text: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, text))
    assert read.format == "txt"
    assert len(read.said) == len(text.splitlines())


def test_with_speakers_titles_and_rules_are_no_document(tmp_path: Path) -> None:
    text = "# Call of 14 March\n\nAnn: I got the job!\nBen: No way!\nAnn: I start in May.\n"
    said = seen(written(tmp_path, text)).said
    assert [speaker for speaker, _ in said[-3:]] == ["Ann", "Ben", "Ann"]


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_programs_are_no_talk(kind: str, tmp_path: Path) -> None:
    for seed in range(5):
        path = written(tmp_path, KINDS[kind](Random(f"{kind} {seed}")), "talk")
        with pytest.raises(ValueError, match=r"talk"):
            dialogues(path)


@pytest.mark.parametrize(
    "text",
    [
        "Ann: Is the server down?\nBen: Error 500.\nAnn: Info please!\n",
        "User: Is it on?\nHost: True.\nUser: 5?\n",
        "How many rooms?\nOh, four or five.\n150 a month.\n150? No.\n",
        "Is Bob home?\nHold on\n",
        "Be here by 4:00 a.m.\nDo you hear me?\nYes.\nWhat do you mean?\nNo.\nNever.\nNot at 5:00\n"
        "Go!\nYou can't be late.\n",
        "...pig...pig man!\n",
        "I did.\nI did not.\nI do.\nI never did.\nI know.\nI think so.\nI saw you.\nI was out.\n",
    ],
)
def test_talk_of_machines_is_talk(text: str, tmp_path: Path) -> None:
    read = seen(written(tmp_path, text))
    assert read.format == "txt"
    assert len(read.said) == len(text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "In this file, the\nsequence of two signs\nends lines.\n",
        "import os; x = 3; y()\n",
        '" A syntax file\n" Language: none\n\nif this then\nfinish with it\nand another one\n'
        "so there\nthen that\nthis here\n",
        "x-one binary: depends-on-it\n\n# yes, we have to\nx-one binary: command-in-script\n",
        "activate a-tool-for-it\n",
        "/usr/local/lib\n",
        "Document: guide\nTitle: A guide\nAuthor: Ann\nSection: Help\n\nFormat: text\nFiles: x\n",
        "[description]\nEnables it.\n\n[tags]\nproxy\n\n[lib]\nlib/x.jar\n",
        "x" * 70_000,
    ],
)
def test_short_files_of_programs_are_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no format that is known"):
        dialogues(written(tmp_path, text, "talk"))
