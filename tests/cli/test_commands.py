import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from typer.testing import CliRunner

from spacy_casn.cli import app
from spacy_casn.encoders.sentence_transformer import SentenceEncoder

from ..conftest import examples_of

RUNNER = CliRunner()
TEXTS = "Hi . __eou__ You won ! __eou__\nNo __eou__ Why ? __eou__ Fine . __eou__\n"
LABELS = "0 4\n1 0 0\n"


def write_archives(folder: Path, texts: str = TEXTS, labels: str = LABELS) -> Path:
    folder.mkdir(exist_ok=True)
    for name in ("train", "validation", "test"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}/dialogues_{name}.txt", texts)
            archive.writestr(f"{name}/dialogues_emotion_{name}.txt", labels)
    return folder


def write_jsonl(folder: Path, train: str) -> Path:
    folder.mkdir(exist_ok=True)
    other = json.dumps({"turns": [{"text": "Hi", "emotion": "joy"}]})
    for split, text in (("train", train), ("dev", other), ("test", other)):
        (folder / f"{split}.jsonl").write_text(text, encoding="utf-8")
    return folder


def convert(*args: object) -> tuple[int, str]:
    result = RUNNER.invoke(app, ["convert", *map(str, args)])
    return result.exit_code, " ".join(result.output.split())


def read(path: Path) -> list[list[tuple[str, str, str]]]:
    docs = DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)
    return [[(turn.text, turn.id_, turn.label_) for turn in doc.spans["turns"]] for doc in docs]


def test_archives_become_dialogues(tmp_path: Path) -> None:
    source = write_archives(tmp_path / "source")
    code, output = convert(source, tmp_path / "out", "--no-checksums")
    assert code == 0, output
    assert read(tmp_path / "out" / "dev.spacy") == [
        [("Hi .", "", "no emotion"), ("You won !", "", "happiness")],
        [("No", "", "anger"), ("Why ?", "", "no emotion"), ("Fine .", "", "no emotion")],
    ]


def test_a_missing_label_leaves_the_turn_unlabelled_and_is_named(tmp_path: Path) -> None:
    source = write_archives(tmp_path / "source", labels="0 4\n1 0\n")
    code, output = convert(source, tmp_path / "out", "--no-checksums")
    assert code == 0
    assert "dialogues_emotion_train.txt, line 2: 2 labels for 3 turns" in output
    assert read(tmp_path / "out" / "train.spacy")[1][2] == ("Fine .", "", "")


def test_bad_dialogues_are_left_out_and_listed(tmp_path: Path) -> None:
    source = write_archives(tmp_path / "source", labels="0 9\n1 0 0\n")
    code, output = convert(source, tmp_path / "out", "--no-checksums", "--on-error", "skip")
    assert code == 0, output
    side_file = tmp_path / "out" / "convert.skipped"
    assert f"Left out what has 3 faults: see {side_file}." in output
    assert [turns[0][0] for turns in read(tmp_path / "out" / "train.spacy")] == ["No"]
    rows = [json.loads(line) for line in side_file.read_text(encoding="utf-8").splitlines()]
    assert [row["content"]["emotions"] for row in rows] == ["0 9"] * 3
    assert "dialogues_emotion_train.txt, line 1: the label '9'" in rows[0]["error"]


def test_faults_of_all_splits_are_collected(tmp_path: Path) -> None:
    lines = ['{"turns": [{"text": "Hi", "emotion": "\\ud83d"}]}', "no", '{"turns": []}']
    source = write_jsonl(tmp_path / "source", "\n".join(lines))
    (source / "dev.jsonl").write_text("no", encoding="utf-8")
    code, output = convert(source, tmp_path / "out", "--on-error", "collect")
    assert code == 1
    assert "3 faults: see the list in" in output
    rows = (tmp_path / "out" / "convert.skipped").read_text(encoding="utf-8").splitlines()
    places = [json.loads(row)["error"].partition(":")[0].rpartition("/")[2] for row in rows]
    assert sorted(places) == ["dev.jsonl, line 1", "train.jsonl, line 1", "train.jsonl, line 2"]
    assert not list((tmp_path / "out").glob("*.spacy"))


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (TEXTS, "0 4\n1 7 0\n", "train.txt, line 2: the label '7' is none of 0 to 6"),
        (TEXTS, "0 x\n1 0 0\n", "line 1: the label 'x' is none of 0 to 6"),
        (TEXTS, "0 4 0\n1 0 0\n", "line 1: 3 labels for 2 turns"),
        (TEXTS, "0 4\n", "has 2 dialogues, but 1 lines of labels"),
    ],
)
def test_what_cannot_be_read_stops_without_output(
    tmp_path: Path, texts: str, labels: str, message: str
) -> None:
    source = write_archives(tmp_path / "source", texts, labels)
    code, output = convert(source, tmp_path / "out", "--no-checksums")
    assert code == 1
    assert message in output
    assert not (tmp_path / "out").exists()


def test_other_archives_than_the_official_ones_are_refused(tmp_path: Path) -> None:
    code, output = convert(write_archives(tmp_path / "source"), tmp_path / "out")
    assert code == 1
    assert "train.zip' has the md5 sum" in output
    assert "convert it all the same by --no-checksums." in output
    assert "36e502ee15c3a05aa61de3ead6626f18" in output


def test_one_file_becomes_one_split(tmp_path: Path) -> None:
    table = tmp_path / "calls.csv"
    table.write_text("call,said,feeling\n1,I got the job!,joy\n1,No way!,\n", encoding="utf-8")
    columns = ("--dialogue-column", "call", "--text-column", "said", "--emotion-column", "feeling")
    code, output = convert(table, tmp_path / "out", *columns, "--leak-free")
    assert code == 0, output
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["test.spacy"]
    (doc,) = DocBin().from_disk(tmp_path / "out" / "test.spacy").get_docs(spacy.blank("en").vocab)
    assert [turn.label_ for turn in doc.spans["turns"]] == ["joy", ""]


def test_missing_and_damaged_archives_are_named(tmp_path: Path) -> None:
    assert "No folder" in convert(tmp_path / "nowhere", tmp_path / "out")[1]
    (tmp_path / "empty").mkdir()
    assert "has no file 'train'" in convert(tmp_path / "empty", tmp_path / "out")[1]
    source = write_archives(tmp_path / "source")
    (source / "test.zip").write_bytes(b"PK damaged")
    code, output = convert(source, tmp_path / "out", "--no-checksums")
    assert code == 1
    assert "test.zip': test/dialogues_test.txt can't be read" in output
    (source / "test.zip").unlink()
    assert "lacks test.zip" in convert(source, tmp_path / "out")[1]


def test_leak_free_leaves_out_what_dev_and_test_hold(tmp_path: Path) -> None:
    leaked = json.dumps({"turns": [{"text": "Hi", "emotion": "fear"}]})
    own = json.dumps({"turns": [{"text": "Bye", "speaker": "Ann", "emotion": "fear"}]})
    source = write_jsonl(tmp_path / "source", f"{leaked}\n\n{own}\n{leaked}")
    assert convert(source, tmp_path / "all")[0] == 0
    assert len(read(tmp_path / "all" / "train.spacy")) == 3
    code, output = convert(source, tmp_path / "free", "--leak-free")
    assert code == 0
    assert "Left 2 dialogues out of train" in output
    assert read(tmp_path / "free" / "train.spacy") == [[("Bye", "Ann", "fear")]]
    assert len(read(tmp_path / "free" / "test.spacy")) == 1


@pytest.mark.parametrize("line", ['{"turns": 3}', '{"text": "Hi"}', "Hi", '{"turns": [{}]}'])
def test_a_bad_json_line_is_named(tmp_path: Path, line: str) -> None:
    good = json.dumps({"turns": [{"text": "Hi"}]})
    source = write_jsonl(tmp_path / "source", f"{good}\n{line}\n")
    code, output = convert(source, tmp_path / "out")
    assert code == 1
    assert "train.jsonl, line 2: no dialogue" in output


@pytest.mark.slow
def test_official_dailydialog_is_kept_whole(dailydialog: Path, tmp_path: Path) -> None:
    code, output = convert(dailydialog, tmp_path)
    assert code == 0
    assert "dialogues_emotion_train.txt, line 7852: 11 labels for 12 turns" in output
    splits = {split: read(tmp_path / f"{split}.spacy") for split in ("train", "dev", "test")}
    assert [len(dialogues) for dialogues in splits.values()] == [11118, 1000, 1000]
    labels = [label for turns in splits["train"] for _, _, label in turns]
    assert len(labels) == 87171
    counts = [827, 303, 146, 11182, 72143, 969, 1600, 1]
    names = ["anger", "disgust", "fear", "happiness", "no emotion", "sadness", "surprise", ""]
    assert [labels.count(name) for name in names] == counts
    assert splits["train"][7851][-1][2] == ""


def test_evaluate_writes_both_protocols(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path / "pipeline")
    docs = [example.reference for example in examples_of(trained)]
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    command = ["evaluate", str(tmp_path / "pipeline"), str(tmp_path / "test.spacy")]
    result = RUNNER.invoke(app, [*command, "--output", str(tmp_path / "metrics" / "m.json")])
    assert result.exit_code == 0, result.output
    assert "Standard protocol" in result.output
    assert "macro-F by chance" in result.output
    metrics = json.loads((tmp_path / "metrics" / "m.json").read_text(encoding="utf-8"))
    assert metrics["emotion_acc"] == 1.0
    assert metrics["labelled_turns"] == 9
    assert metrics["dialogues"] == 3
    assert {"emotion_triplet_chance_macro_f", "training_seed", "versions"} <= metrics.keys()


def test_evaluate_names_what_is_missing(trained: Language, tmp_path: Path) -> None:
    def evaluate(model: Path, data: Path) -> str:
        result = RUNNER.invoke(app, ["evaluate", str(model), str(data), "-o", str(tmp_path / "m")])
        assert result.exit_code == 1
        assert not (tmp_path / "m").exists()
        return " ".join(result.output.split())

    trained.to_disk(tmp_path / "pipeline")
    spacy.blank("en").to_disk(tmp_path / "blank")
    docs = [trained.make_doc("hello")]
    DocBin(docs=docs).to_disk(tmp_path / "bare.spacy")
    assert "No pipeline" in evaluate(tmp_path / "nowhere", tmp_path / "bare.spacy")
    assert "but no casn_emotion" in evaluate(tmp_path / "blank", tmp_path / "bare.spacy")
    assert "No dialogues at" in evaluate(tmp_path / "pipeline", tmp_path / "no.spacy")
    assert "no labelled turn" in evaluate(tmp_path / "pipeline", tmp_path / "bare.spacy")


def test_teach_writes_what_a_student_trains_on(
    trained: Language, small_corpus: Path, tmp_path: Path
) -> None:
    trained.to_disk(tmp_path / "teacher")
    output = tmp_path / "taught.spacy"
    command = ["teach", str(small_corpus), str(output), str(tmp_path / "teacher")]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "Wrote 3 dialogues" in result.output
    (doc, *_) = DocBin().from_disk(output).get_docs(spacy.blank("en").vocab)
    assert doc.spans["turns"].attrs["scores"].shape == (4, 4)
    result = RUNNER.invoke(app, [*command[:-1], str(tmp_path / "nowhere")])
    assert result.exit_code == 1
    assert "No pipeline" in result.output


def test_calibrate_saves_the_temperature(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path / "pipeline")
    DocBin(docs=[example.reference for example in examples_of(trained)]).to_disk(
        tmp_path / "dev.spacy"
    )
    command = ["calibrate", str(tmp_path / "pipeline"), str(tmp_path / "dev.spacy")]
    result = RUNNER.invoke(app, command)
    assert result.exit_code == 0, result.output
    assert "temperature 0." in " ".join(result.output.split())
    saved = spacy.load(tmp_path / "pipeline").get_pipe("casn_emotion")
    assert saved.cfg["temperature"] < 1
    assert saved.labels == trained.get_pipe("casn_emotion").labels
    result = RUNNER.invoke(app, ["calibrate", str(tmp_path / "nowhere"), command[-1]])
    assert result.exit_code == 1
    assert "No pipeline" in result.output


def test_calibrate_takes_the_vectors_that_training_kept(
    trained: Language, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.to_disk(tmp_path / "pipeline")
    docs = [example.reference for example in examples_of(trained)]
    DocBin(docs=docs).to_disk(tmp_path / "dev.spacy")
    trained.get_pipe("casn_emotion").encode_turns(docs, tmp_path / "vectors.safetensors")
    monkeypatch.delattr(SentenceEncoder, "_encode_distinct")
    command = ["calibrate", str(tmp_path / "pipeline"), str(tmp_path / "dev.spacy")]
    kept = ["--vectors-file", str(tmp_path / "vectors.safetensors")]
    result = RUNNER.invoke(app, [*command, *kept])
    assert result.exit_code == 0, result.output
    with pytest.raises(AttributeError):
        RUNNER.invoke(app, command, catch_exceptions=False)


def test_the_commands_join_spacys() -> None:
    command = [sys.executable, "-m", "spacy", "casn", "--help"]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "convert" in result.stdout
    assert "evaluate" in result.stdout


def test_convert_takes_tables_by_their_columns(tmp_path: Path) -> None:
    for split in ("train", "dev", "test"):
        text = "call,said,feeling\n1,Hi,joy\n1,Oh,other\n"
        (tmp_path / f"{split}.csv").write_text(text, encoding="utf-8")
    columns = ["--dialogue-column", "call", "--text-column", "said", "--emotion-column", "feeling"]
    renamed = ["--map", "joy=happiness", "--map", "other="]
    code, output = convert(tmp_path, tmp_path / "out", *columns, *renamed)
    assert code == 0, output
    assert "split dialogues turns unlabelled happiness" in output
    assert "train 1 2 1 1" in output
    assert read(tmp_path / "out" / "train.spacy") == [[("Hi", "", "happiness"), ("Oh", "", "")]]
    code, output = convert(tmp_path, tmp_path / "out", *columns, "--map", "joy")
    assert (code, "--map joy: write it as OLD=NEW" in output) == (1, True)
    code, output = convert(tmp_path, tmp_path / "out", *columns, *renamed, "--map", "joy = fear")
    assert (code, "'joy' is renamed twice" in output) == (1, True)
    code, output = convert(tmp_path, tmp_path / "out", *columns, "--map", "jy=fear")
    assert (code, "No turn has the emotion 'jy'" in output) == (1, True)
    code, output = convert(tmp_path, tmp_path / "out", "--dialogue-column", "call")
    assert (code, "which column holds what is said" in output) == (1, True)
