from pathlib import Path

from .reading import dialogues, seen, written

TEXT = """@UTF8
@Begin
@Languages:\teng
@Participants:\tCHI Ross Target_Child, FAT Brian Father
*CHI:\tyou want more cookie ? \x15100_2000\x15
%mor:\tpro|you v|want
*FAT:\t<I want> [//] &-um I wan(t) it , don't I [!] +...
\tand choo_choo b@l .
*CHI:\txxx .
*CHI:\t&=laughs .
*FAT:\tgonna [: going to] no:: (.) 0det +/.
*FAT:\t+" "that's" bad [= x] !
@End
"""


def test_codes_are_no_words(tmp_path: Path) -> None:
    read = seen(written(tmp_path, TEXT, "talk.cha"))
    assert read.format == "cha"
    assert read.said == [
        ("CHI", "you want more cookie?"),
        ("FAT", "I want um I want it, don't I. and choo choo b."),
        ("CHI", ""),
        ("CHI", ""),
        ("FAT", "going to no."),
        ("FAT", "that's bad!"),
    ]
    assert read.fields[0] == {"start": 0.1, "end": 2.0}
    assert read.fields[3] == {"note": "&=laughs ."}


def test_who_takes_part_is_kept(tmp_path: Path) -> None:
    (dialogue,) = dialogues(written(tmp_path, TEXT, "talk.cha"))
    assert dialogue.keys == {"Participants": "CHI Ross Target_Child, FAT Brian Father"}
