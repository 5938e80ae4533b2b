import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from spacy.tokens import DocBin

from spacy_casn.corpora.conversion import convert, read_source, relabelled
from spacy_casn.corpora.files import corpus_in
from spacy_casn.data.types import Dialogue
from spacy_casn.formats.records import Columns

from ..conftest import ROOT

COLUMNS = Columns("call", "said", "who", "feeling", "n")
HEADER = "call,n,who,said,feeling\n"


def write(folder: Path, train: str | bytes, ending: str = "csv") -> Path:
    folder.mkdir(exist_ok=True, parents=True)
    for split in ("train", "dev", "test"):
        data = train if split == "train" else f"{HEADER}a,1,Ann,Hi,joy\n"
        data = data.encode() if isinstance(data, str) else data
        (folder / f"{split}.{ending}").write_bytes(data)
    return folder


def read(folder: Path, columns: Columns = COLUMNS) -> list[Dialogue]:
    return read_source(folder, columns=columns)["train"]


def test_rows_become_dialogues_in_order(tmp_path: Path) -> None:
    rows = 'a,2,Ben,"Yes, ""we""\nwon",joy\nb,1,,Hm,\na,1,Ann,Really?, surprise \n\na,10,Ann,!,\n'
    assert read(write(tmp_path, HEADER + rows)) == [
        Dialogue(
            ["Really?", 'Yes, "we"\nwon', "!"], ["Ann", "Ben", "Ann"], ["surprise", "joy", ""]
        ),
        Dialogue(["Hm"], [""], [""]),
    ]


def test_only_dialogue_and_text_are_needed(tmp_path: Path) -> None:
    folder = write(tmp_path, HEADER + "a,2,Ben,Second,joy\na,1,Ann,First,joy\n")
    assert read(folder, Columns("call", "said")) == [
        Dialogue(["Second", "First"], ["", ""], ["", ""])
    ]


def test_tabs_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    rows = "\ufeffcall\tn\twho\tsaid\tfeeling\na\t1\tAnn\tHi, you\tjoy\n"
    write(tmp_path, rows, "tsv")
    for split in ("dev", "test"):
        (tmp_path / f"{split}.tsv").write_text(rows, encoding="utf-8")
    assert read(tmp_path) == [Dialogue(["Hi, you"], ["Ann"], ["joy"])]


@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("call,n,who,said\na,1,Ann,Hi\n", "'feeling': the file has call, n, who, said; name one"),
        ("", "line 1: no column 'call': the file has none"),
        ("call,n,who,said,said,feeling\n", r"train\.csv, line 1: 2 columns 'said': rename"),
        (f"{HEADER}a,1,Ann,Hi,joy\nb,1,Ann,Hi\n", r"train\.csv, line 3: 4 cells, .* has 5"),
        (f"{HEADER}a,1,Ann,Hi, you,joy\n", r"train\.csv, line 2: 6 cells"),
        (f'{HEADER}a,1,Ann,"Hi" you,joy\n', r"train\.csv, line 2: .*expected after"),
        (f'{HEADER}a,1,Ann,Hi,joy\na,2,Ben,"Hi\nyou', r"train\.csv, line 3: unexpected end"),
        (f"{HEADER}a,one,Ann,Hi,joy\n", r"train\.csv, line 2: 'one' in 'n' is no number: correct"),
        (f"{HEADER}a,1,Ann,Hi,joy\n\na,,Ann,Hi,joy\n", "line 4: '' in 'n' is no number"),
        (f"{HEADER}a,nan,Ann,Hi,joy\n", "line 2: 'nan' in 'n' is no number"),
        (f"{HEADER}a,-inf,Ann,Hi,joy\n", "line 2: '-inf' in 'n' is no number"),
        (
            f'{HEADER}a,1,Ann,"H\ni",joy\nb,1,Ann,Hi,joy\na,1.0,Ben,Oh,joy\n',
            "line 5: the dialogue 'a' has the number 1.0 in 'n' already on line 2",
        ),
        (f"{HEADER}a,1,Ann,Hi,joy\n ,2,Ben,Oh,joy\n", "line 3: the cell in 'call' is empty"),
        (HEADER.encode() + b"a,1,Ann,Hi,joy\na,2,Ann,caf\xff,joy\n", "line 3: the byte 0xff is no"),
        (
            HEADER.encode() + b"a,1,Ann,Hi,joy\n" * 1997 + b"\xff",
            r"train\.csv, line 1999: .* 0xff",
        ),
        (HEADER.encode("utf-16") + b"\0", r"train\.csv: it is no whole UTF-16"),
    ],
)
def test_a_bad_table_is_named(tmp_path: Path, train: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, train))


def test_missing_and_doubled_files_are_named(tmp_path: Path) -> None:
    write(tmp_path, HEADER)
    (tmp_path / "dev.tsv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(ValueError, match=r"has both dev\.csv and dev\.tsv"):
        corpus_in(tmp_path, COLUMNS)
    (tmp_path / "dev.tsv").unlink()
    (tmp_path / "test.csv").unlink()
    with pytest.raises(ValueError, match=r"has no file 'test': give it one, such as test\.csv"):
        corpus_in(tmp_path, COLUMNS)


def test_a_folder_to_measure_on_needs_test_alone(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text(HEADER, encoding="utf-8")
    assert list(corpus_in(tmp_path, COLUMNS).files) == ["test"]


def test_long_numbers_are_told_apart(tmp_path: Path) -> None:
    rows = (
        "a,1184567890123456789,Ann,Second,\na,1184567890123456788,Ben,First,\na,-1.5,Ann,Zeroth,\n"
    )
    assert read(write(tmp_path, HEADER + rows))[0].turns == ["Zeroth", "First", "Second"]


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(-99, 99)),
        unique=True,
        max_size=20,
    )
)
def test_rows_that_lie_apart_are_collected_and_sorted(keys: list[tuple[str, int]]) -> None:
    rows = "".join(f"{name},{number},{number},{name}{number},\n" for name, number in keys)
    expected = []
    for name, _ in keys:
        turns = [f"{name}{n}" for n in range(-99, 100) if (name, n) in keys]
        if turns not in expected:
            expected.append(turns)
    with TemporaryDirectory() as folder:
        found = read(write(Path(folder), HEADER + rows))
    assert [dialogue.turns for dialogue in found] == expected
    for dialogue in found:
        assert [text[1:] for text in dialogue.turns] == dialogue.speakers


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.text(st.characters(exclude_categories=["Cs"])),
        ),
        max_size=8,
    )
)
def test_any_text_comes_back(rows: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as name:
        for split in ("train", "dev", "test"):
            with (Path(name) / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("call", "said"), *rows])
        found = read(Path(name), Columns("call", "said"))
    expected: dict[str, list[str]] = {}
    for dialogue, text in rows:
        expected.setdefault(dialogue, []).append(text)
    assert [dialogue.turns for dialogue in found] == list(expected.values())


def test_the_sample_corpus_as_a_table_is_the_same(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        lines = (ROOT / "corpus" / "sample" / f"{split}.jsonl").read_text(encoding="utf-8")
        with (tmp_path / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["call", "n", "who", "said", "feeling"])
            for number, line in enumerate(lines.splitlines()):
                for order, turn in enumerate(json.loads(line)["turns"]):
                    who, feeling = turn.get("speaker", ""), turn.get("emotion", "")
                    table.writerow([number, order, who, turn["text"], feeling])
    assert read_source(tmp_path, columns=COLUMNS) == read_source(ROOT / "corpus" / "sample")


def test_what_cannot_become_a_doc_is_named_with_its_dialogue(tmp_path: Path) -> None:
    lines = [{"turns": [{"text": "Hi", "emotion": label}]} for label in ("joy", "joy\ud83d")]
    source = write(tmp_path / "source", "\n".join(map(json.dumps, lines)), "jsonl")
    for split in ("dev", "test"):
        (source / f"{split}.jsonl").write_text(json.dumps(lines[0]), encoding="utf-8")
    with pytest.raises(ValueError, match=r"train\.jsonl, line 2: The emotion .* half a character"):
        convert(source, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_cannot_be_read_is_listed_and_what_follows_is_kept(tmp_path: Path) -> None:
    rows = "a,1,Ann,Hi,joy\n,1,Ann,Who?,\nb,1,Ann,Oh,\nb,1,Ben,No,\nc,1,Dr: Who,Me,\nd,1,Ann,Bye,\n"
    source = write(tmp_path / "source", HEADER + rows)
    report = convert(source, tmp_path / "out", columns=COLUMNS, on_error="skip")
    assert report.dialogues["train"] == 3
    docs = DocBin().from_disk(tmp_path / "out" / "train.spacy").get_docs(spacy.blank("en").vocab)
    assert [doc.text for doc in docs] == ["Ann: Hi", "Dr Who: Me", "Ann: Bye"]
    side_file = report.faults.path
    assert side_file is not None
    listed = [json.loads(line) for line in side_file.read_text(encoding="utf-8").splitlines()]
    bad_row, unsorted = [row["content"] for row in listed]
    assert bad_row == {"call": "", "n": "1", "who": "Ann", "said": "Who?", "feeling": ""}
    assert [row["said"] for row in unsorted] == ["Oh", "No"]


def test_emotions_are_renamed_or_left_out() -> None:
    splits = {"train": [Dialogue(["Hi", "Oh", "No"], [""] * 3, ["joy", "other", "anger"])]}
    renamed = relabelled(splits, {"joy": "happiness", "other": ""})
    assert renamed["train"][0].emotions == ["happiness", "", "anger"]
    with pytest.raises(ValueError, match=r"emotion 'jy', .* the corpus has: anger, joy, other"):
        relabelled(splits, {"jy": "happiness"})
    with pytest.raises(ValueError, match=r"'joy', .* the corpus has: none"):
        relabelled({"train": [Dialogue(["Hi"], [""], [""])]}, {"joy": "happiness"})
