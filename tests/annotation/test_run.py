import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from spacy.tokens import Doc, DocBin

from spacy_casn import make_dialogue
from spacy_casn.annotation.run import annotate
from spacy_casn.formats.records import Columns

from ..hostile import strategies as hostile
from ..hostile.targets import ROUTES, Targets
from ..hostile.text import Said
from .conftest import Expected, Turn

FORMATS = ("jsonl", "csv", "tsv", "parquet", "spacy")
COLUMNS = Columns("call", "said", "who")
DIALOGUES: list[tuple[list[str], list[str]]] = [
    (["Hello there.", "", "You won!", "Really?\nYes!"], ["Ann", "Ben", "Ann", ""]),
    (["The cake is terrible."], [""]),
    (["What, you?", 'I "never"\tlost\r!', " "], ["", "", ""]),
]
HEADER = ["call", "who", "note", "said"]
ROWS = [
    [f"call {number}", speaker, f"{number}.{turn}", text]
    for number, (texts, speakers) in enumerate(DIALOGUES)
    for turn, (text, speaker) in enumerate(zip(texts, speakers, strict=True))
]


def write(folder: Path, ending: str, model: str = "") -> Path:
    """The dialogues as a file of the format."""
    path = folder / f"in.{ending}"
    if ending == "jsonl":
        lines = [
            {
                "id": f"call {number}",
                "turns": [
                    {"text": text, **({"speaker": speaker} if speaker else {}), "n": turn}
                    for turn, (text, speaker) in enumerate(zip(texts, speakers, strict=True))
                ],
                "topic": [number],
            }
            for number, (texts, speakers) in enumerate(DIALOGUES)
        ]
        text = "\n\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
        path.write_text(text, encoding="utf-8")
    elif ending in ("csv", "tsv"):
        with path.open("w", encoding="utf-8", newline="") as file:
            dialect = "excel" if ending == "csv" else "excel-tab"
            csv.writer(file, dialect=dialect).writerows([HEADER, *ROWS])
    elif ending == "parquet":
        table = pa.Table.from_pylist([dict(zip(HEADER, row, strict=True)) for row in ROWS])
        pq.write_table(table, path, row_group_size=3)
    else:
        nlp = spacy.load(model)
        docs = [make_dialogue(nlp, texts, speakers=names) for texts, names in DIALOGUES]
        DocBin(attrs=["ORTH", "SPACY"], docs=docs).to_disk(path)
    return path


def read(path: Path) -> list[list[Turn]]:
    """Text, emotion and scores, turn by turn."""
    ending = path.suffix[1:]
    if ending == "jsonl":
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
        return [
            [(turn["text"], turn["emotion"], turn["scores"]) for turn in line["turns"]]
            for line in lines
        ]
    if ending == "spacy":
        docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
        return [
            [(turn.text, turn.label_, turn._.emotion_scores) for turn in doc.spans["turns"]]
            for doc in docs
        ]
    if ending == "parquet":
        rows = pq.read_table(path).to_pylist()
    else:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [*csv.DictReader(file, dialect="excel" if ending == "csv" else "excel-tab")]
    dialogues: dict[str, list[Turn]] = {}
    for row in rows:
        scores = {
            name.removeprefix("score_").replace("_", " "): float(value)
            for name, value in row.items()
            if name.startswith("score_") and value not in ("", None)
        }
        if scores:
            assert float(row["score"]) == max(scores.values())
        else:
            assert not row["score"]
        turn = (row.get("said", row.get("text")), row["emotion"], scores)
        dialogues.setdefault(row.get("call", row.get("dialogue")), []).append(turn)
    return list(dialogues.values())


def check(found: list[list[Turn]], expected: Expected, *, texts_kept: bool = True) -> None:
    assert len(found) == len(DIALOGUES)
    for turns, (texts, speakers) in zip(found, DIALOGUES, strict=True):
        wanted = expected(texts, speakers)
        assert len(turns) == len(wanted)
        for (text, emotion, scores), (said, label, probabilities) in zip(
            turns, wanted, strict=True
        ):
            if texts_kept:
                assert text == said
            if said.strip():
                assert emotion == label != ""
                assert scores == pytest.approx(probabilities, abs=1e-6)
            elif texts_kept:
                assert emotion == ""
                assert not any(scores.values())


@pytest.mark.parametrize("source", FORMATS)
def test_each_format_in_and_out_is_what_the_pipeline_says(
    model: str, expected: Expected, tmp_path: Path, source: str
) -> None:
    path = write(tmp_path, source, model)
    for ending in FORMATS:
        target = tmp_path / "out" / ending / f"done.{ending}"
        report = annotate(model, str(path), str(target), columns=COLUMNS, batch_size=2)
        assert (report.dialogues, report.turns) == (3, 8)
        check(read(target), expected, texts_kept="spacy" not in (source, ending))
        assert list(target.parent.iterdir()) == [target]


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(hostile.DIALOGUES, min_size=8, max_size=12))
def test_any_turns_come_out_in_order(targets: Targets, dialogues: list[list[Said]]) -> None:
    for source, target in ROUTES:
        targets.annotate(source, target, dialogues)


def test_half_a_character_is_kept_in_json_lines_and_replaced_in_tables(
    model: str, tmp_path: Path
) -> None:
    turns = [{"text": "You won\ud83d!", "speaker": "\ude00"}, {"text": "caf\xe9", "note": "\udc00"}]
    line = json.dumps({"id": "\ud83d", "turns": turns})
    other = json.dumps({"id": "\xe9", "turns": [{"text": "\xe9"}]})
    (tmp_path / "in.jsonl").write_text(f"{line}\n{other}\n", encoding="utf-8")
    for ending in ("jsonl", "csv"):
        annotate(model, str(tmp_path / "in.jsonl"), str(tmp_path / f"out.{ending}"))
    first, second = (tmp_path / "out.jsonl").read_bytes().splitlines()
    found = json.loads(first)
    assert found["id"] == "\ud83d"
    assert [
        {name: turn[name] for name in turns[n]} for n, turn in enumerate(found["turns"])
    ] == turns
    assert "\xe9".encode() in second
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = [row[:3] for row in csv.reader(file)][1:]
    assert rows == [
        ["\ufffd", "\ufffd", "You won\ufffd!"],
        ["\ufffd", "", "caf\xe9"],
        ["\xe9", "", "\xe9"],
    ]


def test_names_that_are_alike_once_they_are_written_are_refused(model: str, tmp_path: Path) -> None:
    lines = [json.dumps({"id": name, "turns": [{"text": "Hi"}]}) for name in ("\ud83d", "\ude00")]
    (tmp_path / "in.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match="line 2: the dialogue '\ufffd' was there before"):
        annotate(model, str(tmp_path / "in.jsonl"), str(tmp_path / "out.csv"))


@pytest.mark.parametrize("ending", ["jsonl", "txt"])
def test_a_turn_of_a_megabyte_and_very_many_empty_ones(
    model: str, tmp_path: Path, ending: str
) -> None:
    texts = ["(" * 1_000_000, "You won!", *["" if ending == "jsonl" else "-"] * 10_000]
    content = "\n".join(texts)
    if ending == "jsonl":
        content = json.dumps({"turns": [{"text": text} for text in texts]})
    (tmp_path / f"in.{ending}").write_text(content, encoding="utf-8")
    annotate(model, str(tmp_path / f"in.{ending}"), str(tmp_path / "out.jsonl"))
    (turns,) = read(tmp_path / "out.jsonl")
    assert [text for text, _, _ in turns] == texts


def test_json_lines_keep_what_else_stands_there(model: str, tmp_path: Path) -> None:
    annotate(model, str(write(tmp_path, "jsonl")), str(tmp_path / "out.jsonl"))
    before = (tmp_path / "in.jsonl").read_text(encoding="utf-8").split("\n\n")
    after = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    for old, new in zip(map(json.loads, before), map(json.loads, after), strict=True):
        for turn in new["turns"]:
            turn.pop("emotion")
            assert list(turn.pop("scores")) in (
                [],
                ["anger", "happiness", "no emotion", "surprise"],
            )
        assert new == old


def test_tables_keep_their_columns_and_rows(model: str, tmp_path: Path) -> None:
    annotate(model, str(write(tmp_path, "csv")), str(tmp_path / "out.csv"), columns=COLUMNS)
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:6] == [*HEADER, "emotion", "score"]
    assert [row[:4] for row in rows] == ROWS


def test_an_order_column_sorts_the_dialogue_but_not_the_rows(
    model: str, expected: Expected, tmp_path: Path
) -> None:
    text = "call,n,said,emotion\na,10,You won!,old\na,2,Hello there.,old\na,3,Really?,old\n"
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    columns = Columns("call", "said", order="n")
    annotate(model, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), columns=columns)
    annotate(model, str(tmp_path / "in.csv"), str(tmp_path / "out.jsonl"), columns=columns)
    wanted = expected(["Hello there.", "Really?", "You won!"])
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["n"] for row in rows] == ["10", "2", "3"]
    assert [row["casn_emotion"] for row in rows] == [wanted[turn][1] for turn in (2, 0, 1)]
    assert [row["emotion"] for row in rows] == ["old"] * 3
    (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    turns = json.loads(line)["turns"]
    assert [(turn["text"], turn["casn_emotion"]) for turn in turns] == [
        (text, label) for text, label, _ in wanted
    ]
    assert [turn["casn_scores"] for turn in turns] == [
        pytest.approx(scores) for _, _, scores in wanted
    ]


def test_parquet_keeps_its_types(model: str, expected: Expected, tmp_path: Path) -> None:
    rows: dict[str, Any] = {
        "call": pa.array([7, 7, 8], pa.int32()),
        "said": pa.array(["Hello there.", None, "You won!"]).dictionary_encode(),
        "who": pa.array([1, None, 2]),
        "when": pa.array([1, 2, None], pa.timestamp("ns")),
        "tags": pa.array([["x"], [], None]),
    }
    pq.write_table(pa.table(rows), tmp_path / "in.parquet", row_group_size=1)
    report = annotate(
        model, str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"), columns=COLUMNS
    )
    assert (report.dialogues, report.turns) == (2, 3)
    table = pq.read_table(tmp_path / "out.parquet")
    assert table.select(list(rows)).to_pylist() == pa.table(rows).to_pylist()
    assert table.schema.field("when").type == pa.timestamp("ns")
    wanted = [*expected(["Hello there.", ""]), *expected(["You won!"])]
    assert table["emotion"].to_pylist() == [emotion for _, emotion, _ in wanted]
    assert table["score_anger"].null_count == 1


def test_transcripts_are_read_as_the_pipeline_reads_them(model: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    texts = {"a": "Ann: Hello there.\nBen: You won!\n", "b": "Note: bring cash\n\nfine", "c": " \n"}
    for name, text in texts.items():
        (tmp_path / "in" / f"{name}.txt").write_text(text, encoding="utf-8")
    annotate(model, str(tmp_path / "in"), str(tmp_path / "out.jsonl"))
    nlp = spacy.load(model)
    lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    for (name, text), line in zip(texts.items(), map(json.loads, lines), strict=True):
        assert line["id"] == name
        doc = nlp(text)
        assert [
            (turn.get("speaker", ""), turn["text"], turn["emotion"]) for turn in line["turns"]
        ] == [(turn.id_, turn.text, turn.label_) for turn in doc.spans["turns"]]


def test_a_docbin_keeps_what_else_the_docs_hold(model: str, tmp_path: Path) -> None:
    nlp = spacy.load(model)
    doc = Doc(nlp.vocab, words=["Hello", "there", "."], tags=["UH", "RB", "."])
    doc.cats["x"] = 1.0
    DocBin(docs=[doc]).to_disk(tmp_path / "in.spacy")
    annotate(model, str(tmp_path / "in.spacy"), str(tmp_path / "out.spacy"))
    (found,) = DocBin().from_disk(tmp_path / "out.spacy").get_docs(spacy.blank("en").vocab)
    assert [token.tag_ for token in found] == ["UH", "RB", "."]
    assert found.cats == {"x": 1.0}
    assert found.spans["turns"][0].label_ == "no emotion"


def test_a_row_without_words_has_no_scores_in_a_docbin(model: str, tmp_path: Path) -> None:
    annotate(model, str(write(tmp_path, "jsonl")), str(tmp_path / "out.spacy"))
    turns = read(tmp_path / "out.spacy")[0]
    assert turns[1][:2] == ("…", "")
    assert set(turns[1][2].values()) == {0.0}


def test_several_processes_give_the_same(model: str, tmp_path: Path) -> None:
    path = str(write(tmp_path, "jsonl"))
    annotate(model, path, str(tmp_path / "one.jsonl"), batch_size=1)
    annotate(model, path, str(tmp_path / "two.jsonl"), batch_size=1, n_process=2)
    for one, two in zip(read(tmp_path / "one.jsonl"), read(tmp_path / "two.jsonl"), strict=True):
        for before, after in zip(one, two, strict=True):
            assert after[:2] == before[:2]
            assert after[2] == pytest.approx(before[2], abs=1e-5)


def test_files_of_a_folder_become_one_or_as_many(model: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for name in "ab":
        text = f"call,said\n{name},Hello there.\n"
        (tmp_path / "in" / f"{name}.csv").write_text(text, encoding="utf-8")
    columns = Columns("call", "said")
    report = annotate(model, str(tmp_path / "in"), str(tmp_path / "one.jsonl"), columns=columns)
    assert (report.files, report.dialogues) == (1, 2)
    report = annotate(model, str(tmp_path / "in"), str(tmp_path / "many"), columns=columns)
    assert (report.files, report.dialogues) == (2, 2)
    assert sorted(path.name for path in (tmp_path / "many").iterdir()) == ["a.csv", "b.csv"]
    (tmp_path / "in" / "c.csv").write_text("call,other,said\n", encoding="utf-8")
    with pytest.raises(
        ValueError, match=r"c\.csv: its columns are call, other, said, but .*a\.csv"
    ):
        annotate(model, str(tmp_path / "in"), str(tmp_path / "all.csv"), columns=columns)
    assert not (tmp_path / "all.csv").exists()


def test_a_file_without_turns_is_refused(model: str, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("call,said\n", encoding="utf-8")
    for name in ("in.txt", "in.jsonl"):
        (tmp_path / name).write_text("", encoding="utf-8")
    for name in ("in.csv", "in.txt", "in.jsonl"):
        target = tmp_path / "out.jsonl"
        with pytest.raises(ValueError, match=rf"{re.escape(name)}: there is no turn to annotate"):
            annotate(model, str(tmp_path / name), str(target), columns=Columns("call", "said"))
        assert not target.exists()


def test_a_shard_without_turns_gives_an_empty_one(model: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.csv").write_text("call,said\n", encoding="utf-8")
    for ending in ("csv", "parquet", "jsonl", "spacy"):
        report = annotate(
            model,
            str(tmp_path / "in"),
            str(tmp_path / ending),
            output_format=ending,
            columns=Columns("call", "said"),
        )
        assert (report.files, report.turns) == (1, 0)
        assert read(tmp_path / ending / f"a.{ending}") == []
    header = (tmp_path / "csv" / "a.csv").read_text(encoding="utf-8")
    assert next(csv.reader(io.StringIO(header)))[:4] == ["call", "said", "emotion", "score"]


def test_a_line_without_a_name_goes_on_or_the_file_is_refused(model: str, tmp_path: Path) -> None:
    lines = ["Ann: Hello there.", "", "Ben: You won!", "and the cake is great.", "Ann: Really?"]
    (tmp_path / "in.txt").write_text("\n".join(lines), encoding="utf-8")
    annotate(model, str(tmp_path / "in.txt"), str(tmp_path / "out.jsonl"))
    (turns,) = read(tmp_path / "out.jsonl")
    assert [turn[0] for turn in turns] == [
        "Hello there.",
        "You won! and the cake is great.",
        "Really?",
    ]
    (tmp_path / "out.jsonl").unlink()
    lines = ["Ann: Hello there.", "Ben: You won!", "Cem: Really?", "Yes.", "Great."]
    (tmp_path / "in.txt").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ValueError, match=r"in\.txt: line 4 names none, but 3 of 5 lines do"):
        annotate(model, str(tmp_path / "in.txt"), str(tmp_path / "out.jsonl"))
    assert not (tmp_path / "out.jsonl").exists()
    few = "Note: bring cash.\nFine.\nThank you."
    (tmp_path / "in.txt").write_text(few, encoding="utf-8")
    annotate(model, str(tmp_path / "in.txt"), str(tmp_path / "out.jsonl"))
    (turns,) = read(tmp_path / "out.jsonl")
    assert [turn[0] for turn in turns] == few.splitlines()


def test_a_dialogue_without_turns_harms_none(model: str, tmp_path: Path) -> None:
    lines = [{"turns": []}, {"turns": [{"text": "Hello there."}]}, {"turns": []}]
    text = "\n".join(map(json.dumps, lines))
    (tmp_path / "in.jsonl").write_text(text, encoding="utf-8")
    for ending in FORMATS:
        target = tmp_path / f"out.{ending}"
        report = annotate(model, str(tmp_path / "in.jsonl"), str(target))
        assert (report.dialogues, report.turns) == (3, 1)
        found = [[turn[:2] for turn in turns] for turns in read(target)]
        said = [[], [("Hello there.", "no emotion")], []]
        assert found == (
            said if ending in ("jsonl", "spacy") else [turns for turns in said if turns]
        )


def test_expecting_fewer_calm_turns_finds_more_emotions(model: str, tmp_path: Path) -> None:
    path = write(tmp_path, "jsonl")
    calm = []
    for share in (0.99, None, 0.01):
        annotate(model, str(path), str(tmp_path / "out.jsonl"), neutral=share)
        lines = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
        turns = [turn for line in lines for turn in json.loads(line)["turns"]]
        calm.append(sum(turn["scores"].get("no emotion", 0.0) for turn in turns))
    assert calm[0] > calm[1] > calm[2]
