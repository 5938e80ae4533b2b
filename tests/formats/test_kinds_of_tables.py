"""Tables and plain transcripts as people have them, and what they say."""

import csv
from pathlib import Path

import pytest

from spacy_casn.annotation.run import annotate
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.formats.records import Columns

CALL = Columns("call", "said", "who")
Turn = tuple[str, str]


def read(path: Path, content: str | bytes, columns: Columns | None = None) -> list[list[Turn]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    found = read_file(path, Faults(), columns=columns)
    return [list(zip(each.speakers, each.turns, strict=True)) for each in found]


@pytest.mark.parametrize(
    "content",
    [
        "call;who;said\n17;Nora;My phone, again!\n17;Ben;Oh no — sorry.\n",
        "sep=;\ncall;who;said\n17;Nora;My phone, again!\n17;Ben;Oh no — sorry.\n",
        'sep=,\r\ncall,who,said\r\n17,Nora,"My phone, again!"\r\n17,Ben,Oh no — sorry.\r\n',
        "call|who|said\n17|Nora|My phone, again!\n17|Ben|Oh no — sorry.\n",
        "call\twho\tsaid\n17\tNora\tMy phone, again!\n17\tBen\tOh no — sorry.\n",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le"])
def test_separators_and_encodings_are_found(tmp_path: Path, content: str, encoding: str) -> None:
    wanted = [[("Nora", "My phone, again!"), ("Ben", "Oh no — sorry.")]]
    assert read(tmp_path / "calls.csv", content.encode(encoding), CALL) == wanted


def test_a_table_of_tabs_may_have_quotes_as_text(tmp_path: Path) -> None:
    content = 'id\tturn\n1\t"Why" is all she said\n2\t5" of rain\n2\t"never mind\n2\tok "sure"\n'
    assert read(tmp_path / "a.tsv", content, Columns("id", "turn")) == [
        [("", '"Why" is all she said')],
        [("", '5" of rain'), ("", '"never mind'), ("", 'ok "sure"')],
    ]


def test_commas_of_speech_in_a_last_column_without_quotes_are_speech(tmp_path: Path) -> None:
    content = "sep=,\ncall,who,said\n17,Nora,My phone broke, again, I am furious!\n17,Ben,Oh no!\n"
    wanted = [[("Nora", "My phone broke, again, I am furious!"), ("Ben", "Oh no!")]]
    assert read(tmp_path / "calls.csv", content, CALL) == wanted
    other = Columns("call", "who")
    with pytest.raises(ValueError, match=r"line 3: 5 cells, but the header has 3"):
        read(tmp_path / "calls.csv", content, other)


def test_entities_of_html_are_characters_in_speech_and_stay_in_the_result(
    model: str, tmp_path: Path
) -> None:
    said = "I&#39;m furious &amp; tired &so; R&D; AT&T &copy"
    content = f"call,said\n1,{said}\n"
    source = tmp_path / "html.csv"
    ((turn,),) = read(source, content, Columns("call", "said"))
    assert turn == ("", "I'm furious & tired &so; R&D; AT&T &copy")
    annotate(model, str(source), str(tmp_path / "out.csv"), columns=Columns("call", "said"))
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert next(csv.DictReader(file))["said"] == said


def test_without_a_dialogue_column_a_file_is_one_dialogue(tmp_path: Path) -> None:
    content = "Author,Content\nnora#0,I got it!\npete#0,No way!\n"
    wanted = [[("nora#0", "I got it!"), ("pete#0", "No way!")]]
    assert read(tmp_path / "chat.csv", content, Columns(None, "Content", "Author")) == wanted


def test_several_columns_tell_dialogues_apart_and_rows_may_lie_apart(tmp_path: Path) -> None:
    content = "season,episode,said\n1,1,a\n1,2,b\n2,1,c\n1,1,d\n2,1,e\n"
    found = read(tmp_path / "a.csv", content, Columns(("season", "episode"), "said"))
    assert [[text for _, text in turns] for turns in found] == [["a", "d"], ["b"], ["c", "e"]]


def test_own_columns_stay_and_any_name_is_a_speaker(model: str, tmp_path: Path) -> None:
    source, output = tmp_path / "gold.csv", tmp_path / "out.csv"
    name = (
        "Moderator: Ann (Customer Care, Northern Region, External; on behalf of the whole team, 2)"
    )
    with source.open("w", encoding="utf-8", newline="") as file:
        rows = [["call", "who", "said", "emotion", "score"], ["1", name, "You won!", "sad", "9"]]
        csv.writer(file).writerows([*rows, ["1", "Ben", "?!", "", "7"]])
    annotate(model, str(source), str(output), columns=CALL)
    with output.open(encoding="utf-8", newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["who"], first["emotion"], first["score"]) == (name, "sad", "9")
    assert (first["casn_emotion"], float(first["casn_score"]) > 0.5) == ("happiness", True)
    assert (second["casn_emotion"], second["casn_score"]) == ("", "")
    assert not [column for column in first if " " in column]


def test_transcripts_name_their_speakers_in_many_ways(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    assert read(path, "Nora:I got it!\nPete:No way!\nNora:Thanks")[0][1] == ("Pete", "No way!")
    assert read(path, "Nora: Hi!\nPete:\nNora: Are you there?")[0][1] == ("Pete", "")
    long = "Quill, Nora Alexandra (Customer Care, Northern Region, External)"
    assert read(path, f"{long}: I got it!\nRoss, Peter: No way!")[0][0] == (long, "I got it!")
    assert read(path, "Maya: I got it.\nIt came.\nTom: And?\nMaya: Yes!") == [
        [("Maya", "I got it. It came."), ("Tom", "And?"), ("Maya", "Yes!")]
    ]


def test_excel_gets_its_mark_on_request(model: str, tmp_path: Path) -> None:
    path = tmp_path / "calls.csv"
    path.write_text("call,said\n1,Où ça?\n1,Là!\n", encoding="utf-8")
    for name, mark in (("csv-excel", b"\xef\xbb\xbf"), ("csv", b"")):
        output = tmp_path / "out.csv"
        annotate(model, str(path), str(output), output_format=name, columns=Columns("call", "said"))
        assert output.read_bytes().startswith(mark + b"call,said,emotion")
