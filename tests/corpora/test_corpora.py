import gzip
import json
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.tokens import Doc

from spacy_casn.corpora.comments import percentile
from spacy_casn.corpora.conversion import convert, corpus_in, read_source
from spacy_casn.corpora.corpus import known
from spacy_casn.corpora.labels import SHARED, read_maps
from spacy_casn.training.corpus import DialogueCorpus
from spacy_casn.training.loss import gold_classes, taught_probabilities

from ..conftest import ROOT

SPLITS = ("train", "dev", "test")
JOKE = "No way, that is the best news!"


def docs_in(folder: Path, split: str = "train") -> list[Doc]:
    corpus = DialogueCorpus(folder / f"{split}.spacy")
    return [example.reference for example in corpus(spacy.blank("en"))]


def shares(doc: Doc) -> list[dict[str, float]]:
    attrs = doc.spans["turns"].attrs
    assert attrs["scores"].dtype == np.float32
    assert np.allclose(attrs["scores"].sum(axis=1), 1)
    return [
        {label: round(share, 3) for label, share in zip(attrs["labels"], row.tolist(), strict=True)}
        for row in attrs["scores"]
    ]


def some(**given: float) -> dict[str, float]:
    named = {name.replace("_", " "): share for name, share in given.items()}
    return {label: named.get(label, 0.0) for label in SHARED}


def converted(source: Path) -> Path:
    convert(source, source / "out", checksums=False)
    return source / "out"


def write_goemotions(folder: Path) -> Path:
    (folder / "labels.txt").write_text("anger\ncuriosity\njoy\nneutral\nsurprise\n")
    lines = f'"Well.\t3\tid1\n{JOKE}\t2,4\tid2\nWho did it?\t1\tid3\n'
    for split in SPLITS:
        (folder / f"{split}.tsv").write_text(lines, encoding="utf-8")
    return folder


def write_xed(folder: Path) -> Path:
    (folder / "en-annotated.tsv").write_bytes(
        b"Get out .\t1\r\nWait for it .\t2\r\nYes !\t2, 5\r\nHe lied , and left .\t1, 6\r\n"
    )
    neutral = "".join(f"9\tLine {number}.\n" for number in range(200))
    (folder / "neu_en.txt").write_text(f"{neutral}9\tLine 7.\t\t\t\n\t\t\t\t\n")
    return folder


def write_brighter(folder: Path) -> Path:
    header = "id,text,anger,fear,joy,sadness,surprise\n"
    texts = "".join(f'{n},"So, {n}",0,0,0,0,0\n' for n in range(200))
    (folder / "train.csv").write_text(f'{header}a,"He ""won""",0,0,1,0,1\n{texts}')
    (folder / "dev.csv").write_text(f"{header}b,Ghosts!,0,1,0,0,0\n")
    (folder / "test.csv").write_text(f"{header}c,Hm,,,,,\n")
    return folder


def write_topicalchat(folder: Path) -> Path:
    for name in ("valid_freq", "valid_rare", "test_freq", "test_rare"):
        turns = [("Happy", f" Hi from {name}! "), ("Curious to dive deeper", "And you?")]
        content = [
            {"message": text, "agent": f"agent_{n}", "sentiment": mood}
            for n, (mood, text) in enumerate(turns, 1)
        ]
        with gzip.open(folder / f"{name}.json.gz", "wt") as file:
            json.dump({"t_1": {"content": content}}, file)
    return folder


WRITERS = {
    "goemotions": write_goemotions,
    "xed": write_xed,
    "brighter": write_brighter,
    "topicalchat": write_topicalchat,
}


@pytest.mark.parametrize("name", WRITERS)
def test_files_tell_the_corpus_and_dialogues_carry_its_name(tmp_path: Path, name: str) -> None:
    source = WRITERS[name](tmp_path)
    assert corpus_in(source).name == name
    for doc in docs_in(converted(source)):
        assert doc.spans["turns"].attrs["corpus"] == name


def test_several_emotions_become_shares(tmp_path: Path) -> None:
    plain, joke, question = docs_in(converted(write_goemotions(tmp_path)))
    assert [turn.text for turn in plain.spans["turns"]] == ['"Well.']
    assert shares(plain) == [some(no_emotion=1)]
    assert shares(joke) == [some(happiness=0.5, surprise=0.5)]
    assert shares(question) == [some(no_emotion=0.6, surprise=0.4)]
    labels = [doc.spans["turns"][0].label_ for doc in (plain, joke, question)]
    assert labels == ["no emotion", "happiness", "no emotion"]


def test_training_reads_the_shares(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    examples = list(DialogueCorpus(converted(write_goemotions(tmp_path)) / "train.spacy")(nlp))
    turns = [list(example.predicted.spans["turns"]) for example in examples]
    labels = sorted(SHARED, reverse=True)
    taught = taught_probabilities(examples, turns, labels, "turns")
    assert taught is not None
    assert taught.shape == (3, 7)
    assert taught[2, labels.index("surprise")] == pytest.approx(0.4)
    assert gold_classes(examples, turns, labels, "turns")[2] == labels.index("no emotion")


def test_its_own_labels_are_kept_on_demand(tmp_path: Path) -> None:
    source = write_goemotions(tmp_path)
    report = convert(source, tmp_path / "out", checksums=False, shared_labels=False)
    assert report.emotions["dev"] == {"neutral": 1, "joy": 1, "curiosity": 1}
    assert docs_in(tmp_path / "out")[1].spans["turns"].attrs["labels"] == [
        "curiosity",
        "joy",
        "neutral",
        "surprise",
    ]


def test_masked_labels_leave_their_share_or_no_label(tmp_path: Path) -> None:
    out = converted(write_xed(tmp_path))
    found = {
        doc.text: (doc.spans["turns"][0].label_, shares(doc)[0])
        for split in SPLITS
        for doc in docs_in(out, split)
    }
    assert found["Wait for it ."] == ("", {label: round(1 / 7, 3) for label in SHARED})
    assert found["Yes !"] == ("happiness", some(happiness=1))
    assert found["He lied , and left ."] == ("anger", some(anger=0.5, sadness=0.5))


def test_repeated_lines_stand_in_one_split(tmp_path: Path) -> None:
    splits = read_source(write_xed(tmp_path), checksums=False)
    texts = {split: [d.turns[0] for d in dialogues] for split, dialogues in splits.items()}
    assert sum(map(len, texts.values())) == 205
    assert [sum(text == "Line 7." for text in texts[split]) for split in SPLITS].count(2) == 1
    assert all(percentile(text) < 90 for text in texts["train"])
    assert all(90 <= percentile(text) < 95 for text in texts["dev"])
    assert 0 < len(texts["test"]) < 25


def test_a_tenth_of_train_joins_a_small_dev_split(tmp_path: Path) -> None:
    out = converted(write_brighter(tmp_path))
    train, dev = (docs_in(out, split) for split in ("train", "dev"))
    assert not (out / "test.spacy").exists()
    assert len(train) + len(dev) == 202
    assert 10 < len(dev) < 30
    assert dev[0].text == "Ghosts!"
    assert shares(dev[0]) == [some(fear=0.7, no_emotion=0.3)]
    assert {doc.spans["turns"][0].label_ for doc in train[1:]} == {"no emotion"}


def test_chats_keep_their_speakers(tmp_path: Path) -> None:
    out = converted(write_topicalchat(tmp_path))
    assert [doc.text for doc in docs_in(out, "dev")] == [
        "agent_1: Hi from test_freq!\nagent_2: And you?"
    ]
    assert len(docs_in(out)) == 2
    (chat,) = docs_in(out, "test")
    said = [(turn.id_, turn.label_) for turn in chat.spans["turns"]]
    assert said == [("agent_1", "happiness"), ("agent_2", "")]


def jsonl_folder(folder: Path, *turns: dict[str, object]) -> Path:
    folder.mkdir()
    for split in SPLITS:
        (folder / f"{split}.jsonl").write_text(json.dumps({"turns": turns}))
    return folder


ODD = {"text": "Oh. Great.", "emotion": "anger", "also": ["sadness"]}
HELLO = {"text": "Hello", "emotion": "no emotion", "speaker": "Ann"}


def test_other_labels_that_a_reader_would_accept_share_a_turn(tmp_path: Path) -> None:
    (doc,) = docs_in(converted(jsonl_folder(tmp_path / "everyday", HELLO, ODD)))
    assert doc.spans["turns"].attrs["corpus"] == "everyday"
    assert shares(doc) == [some(no_emotion=1), some(anger=0.7, sadness=0.3)]
    assert [turn.label_ for turn in doc.spans["turns"]] == ["no emotion", "anger"]
    (own,) = docs_in(converted(jsonl_folder(tmp_path / "calls", HELLO, {**HELLO, "emotion": "no"})))
    assert own.spans["turns"].attrs == {"corpus": "calls"}


@pytest.mark.parametrize(
    ("also", "message"),
    [
        ("sadness", r"train\.jsonl, line 1, turn 1: \"also\" is 'sadness': give a list"),
        (["sadness", 2], r'"also" is \[\'sadness\', 2\]'),
        (["anger"], r'turn 1: "also" names a label of the turn again'),
    ],
)
def test_other_labels_must_be_a_list_of_others(tmp_path: Path, also: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        convert(jsonl_folder(tmp_path / "calls", {**ODD, "also": also}), tmp_path / "out")


def break_file(name: str, content: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text(content)

    return write


@pytest.mark.parametrize(
    ("name", "break_it", "message"),
    [
        ("goemotions", break_file("dev.tsv", "Hi\t3\n"), r"dev\.tsv, line 1: 2 cells in place of"),
        ("goemotions", break_file("dev.tsv", "Hi\t5\tid"), r"the label '5' is none of 0 to 4"),
        (
            "goemotions",
            break_file("labels.txt", "a\n" * 5),
            r"label 'a' of turn 1 .*GoEmotions",
        ),
        ("xed", break_file("neu_en.txt", "\n9\tHi\tyou\n"), r"neu_en\.txt, line 2: 3 cells"),
        ("xed", break_file("en-annotated.tsv", "Hi\t0\n"), r"the label '0' is none of 1 to 9"),
        (
            "brighter",
            break_file("dev.csv", "id,text,anger,fear,joy,sadness,surprise\n1,Hi,0,2,0,0,0\n"),
            r"dev\.csv, line 2: '2' in the column 'fear' in place",
        ),
        ("brighter", break_file("dev.csv", "id,text\n1,Hi\n"), r"line 2: '' in the column 'anger'"),
        ("topicalchat", break_file("test_rare.json.gz", "{}"), r"test_rare\.json\.gz' can't be"),
    ],
)
def test_what_cannot_be_read_is_named(
    tmp_path: Path, name: str, break_it: Callable[[Path], None], message: str
) -> None:
    source = WRITERS[name](tmp_path)
    break_it(source)
    with pytest.raises(ValueError, match=message):
        converted(source)
    assert not (source / "out").exists()


@pytest.mark.parametrize("content", ["[]", '{"t_1": {"content": [{"message": "Hi"}]}}', "[1"])
def test_a_chat_of_another_layout_is_named(tmp_path: Path, content: str) -> None:
    write_topicalchat(tmp_path)
    with gzip.open(tmp_path / "valid_freq.json.gz", "wt") as file:
        file.write(content)
    if content == "[]":
        assert len(docs_in(converted(tmp_path))) == 1
        return
    with pytest.raises(ValueError, match=r"valid_freq\.json\.gz.*(t_1: no content|can't be read)"):
        converted(tmp_path)


@pytest.mark.parametrize("name", WRITERS)
def test_other_and_missing_files_are_refused(tmp_path: Path, name: str) -> None:
    source = WRITERS[name](tmp_path)
    corpus = known()[name]
    with pytest.raises(ValueError, match="has the md5 sum"):
        convert(source, tmp_path / "out")
    file = corpus.files["dev"][0]
    (source / file).unlink()
    with pytest.raises(ValueError, match=rf"lacks {file}"):
        convert(source, tmp_path / "out", corpus=name)


def test_a_name_forces_a_corpus(tmp_path: Path) -> None:
    source = jsonl_folder(tmp_path / "mine", HELLO)
    assert corpus_in(source).name == "mine"
    assert corpus_in(source, "everyday").name == "everyday"
    with pytest.raises(ValueError, match=r"No corpus 'gomotions' is known: give one of brighter"):
        corpus_in(source, "gomotions")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[a", "is no TOML"),
        ("[a]\njoy = { hapiness = 1 }", r"\[a\], joy: 'hapiness' is none of the shared"),
        ("[a]\njoy = { happiness = 0.5, anger = 0.4 }", r"joy: the shares are \[0\.5, 0\.4\]"),
        ("[a]\njoy = { happiness = 1.5, anger = -0.5 }", "give positive ones"),
    ],
)
def test_a_label_map_is_checked(tmp_path: Path, content: str, message: str) -> None:
    path = tmp_path / "labels.toml"
    path.write_text(content)
    with pytest.raises(ValueError, match=message):
        read_maps(path)


def test_the_maps_of_plain_corpora_lead_to_all_shared_labels() -> None:
    for name in ("dailydialog", "meld", "goemotions", "everyday"):
        assert {label for shares in known()[name].labels.values() for label in shares} == {*SHARED}


def test_a_package_ships_a_corpus_in_one_module_and_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = Path(__file__).with_name("plugin_corpus.py")
    assert len(module.read_text().splitlines()) <= 40
    shutil.copy(module, tmp_path)
    info = tmp_path / "postcards-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: postcards\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spacy_casn_corpora]\npostcards=plugin_corpus:CORPUS\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "plugin_corpus", raising=False)
    folder = tmp_path / "cards"
    folder.mkdir()
    for split in ("train", "test"):
        (folder / f"{split}.post").write_text("glad: Sun!\nso-so: Rain.\nlost: ?\n")
    assert known()["postcards"] is import_module("plugin_corpus").CORPUS
    out = converted(folder)
    labels = [doc.spans["turns"][0].label_ for doc in docs_in(out)]
    assert labels == ["happiness", "no emotion", ""]
    assert docs_in(out, "test")[1].spans["turns"].attrs["corpus"] == "postcards"


COUNTS = {
    "goemotions": {"train": (43410, 43410), "dev": (5426, 5426), "test": (5427, 5427)},
    "xed": {"train": (24534, 24534), "dev": (1292, 1292), "test": (1376, 1376)},
    "brighter": {"train": (2490, 2490), "dev": (389, 389)},
    "topicalchat": {"train": (1078, 23373), "dev": (539, 11760), "test": (539, 11770)},
}


@pytest.mark.parametrize("name", COUNTS)
def test_the_official_files_are_kept_whole(name: str) -> None:
    folder = ROOT / "assets" / name
    if not folder.exists():
        pytest.skip(f"assets/{name} is not there")
    splits = read_source(folder)
    assert {
        split: (len(dialogues), sum(len(dialogue.turns) for dialogue in dialogues))
        for split, dialogues in splits.items()
    } == COUNTS[name]
    labels = known()[name].labels
    found = {
        label
        for dialogues in splits.values()
        for dialogue in dialogues
        for shares in dialogue.shares or [{label: 1} for label in dialogue.emotions]
        for label in shares
    }
    assert found == set(labels)
