import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from spacy_casn.data.conversion import convert, read_source, relabelled
from spacy_casn.data.source import Dialogue
from spacy_casn.data.table import Columns, table_in
from spacy_casn.training.corpus import DialogueCorpus

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
    return read_source(folder, columns=columns)[0]["train"]


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
        ("call,n,who,said\na,1,Ann,Hi\n", "no column 'feeling': it has call, n, who, said"),
        ("", r"no column 'call': it has \."),
        (f"{HEADER}a,1,Ann,Hi,joy\nb,1,Ann,Hi\n", r"train\.csv, line 3: 4 cells, .* has 5"),
        (f"{HEADER}a,1,Ann,Hi, you,joy\n", r"train\.csv, line 2: 6 cells"),
        (f'{HEADER}a,1,Ann,"Hi" you,joy\n', r"train\.csv, line 2: .*expected after"),
        (f'{HEADER}a,1,Ann,Hi,joy\na,2,Ben,"Hi\nyou', r"train\.csv, line 3: unexpected end"),
        (f"{HEADER}a,one,Ann,Hi,joy\n", r"line 2: 'one' in 'n' is no number"),
        (f"{HEADER}a,1,Ann,Hi,joy\na,1.0,Ben,Oh,joy\n", "'a' has two turns with the number 1 in"),
        (HEADER.encode() + b"a,1,Ann,caf\xe9,joy\n", r"train\.csv' isn't UTF-8"),
    ],
)
def test_a_bad_table_is_named(tmp_path: Path, train: str | bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(write(tmp_path, train))


def test_missing_and_doubled_files_are_named(tmp_path: Path) -> None:
    write(tmp_path, HEADER)
    (tmp_path / "dev.tsv").write_text(HEADER, encoding="utf-8")
    with pytest.raises(ValueError, match=r"has both of dev\.csv and dev\.tsv"):
        table_in(tmp_path, COLUMNS)
    (tmp_path / "dev.tsv").unlink()
    (tmp_path / "test.csv").unlink()
    with pytest.raises(ValueError, match=r"has neither of test\.csv and test\.tsv"):
        table_in(tmp_path, COLUMNS)


@given(
    st.lists(
        st.tuples(
            st.sampled_from("abc"),
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")),
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
    assert read_source(tmp_path, columns=COLUMNS)[0] == read_source(ROOT / "corpus" / "sample")[0]


def test_emotions_are_renamed_or_left_out() -> None:
    splits = {"train": [Dialogue(["Hi", "Oh", "No"], [""] * 3, ["joy", "other", "anger"])]}
    renamed = relabelled(splits, {"joy": "happiness", "other": ""})
    assert renamed["train"][0].emotions == ["happiness", "", "anger"]
    with pytest.raises(ValueError, match=r"No turn has the emotion 'jy', .* has anger, joy, other"):
        relabelled(splits, {"jy": "happiness"})


def test_meld_is_kept_whole(tmp_path: Path) -> None:
    source = ROOT / "assets" / "meld"
    if not (source / "train_sent_emo.csv").exists():
        pytest.skip("MELD's tables are not in assets/meld")
    report = convert(source, tmp_path)
    assert report.dialogues == {"train": 1038, "dev": 114, "test": 280}
    nlp = spacy.blank("en")
    for split in ("train", "dev", "test"):
        with (source / f"{split}_sent_emo.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        found = [
            (turn.text, turn.id_, turn.label_)
            for example in DialogueCorpus(tmp_path / f"{split}.spacy")(nlp)
            for turn in example.reference.spans["turns"]
        ]
        assert found == [(row["Utterance"].strip(), row["Speaker"], row["Emotion"]) for row in rows]
    assert report.emotions["test"].total() == 2610
