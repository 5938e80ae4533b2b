import re
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.training.loggers import console_logger_v3

from spacy_casn import make_dialogue, visualization
from spacy_casn.evaluation.evaluate import evaluate
from spacy_casn.scoring.labelled_turns import LabelledTurns
from spacy_casn.visualization import turn_map
from spacy_casn.visualization.measures import WrongTurn, confusions, wrong_turns
from spacy_casn.visualization.report import write_report
from spacy_casn.visualization.training_log import read_log
from spacy_casn.visualization.turn_map import choose_turns, project

from ..conftest import MakeNlp
from .conftest import Files, write_log
from .parsed import Element, check_self_contained, parse

HOSTILE = ["<script>alert(1)</script>", '_"]{};x', "$\\frac$", "悲しみ", "a'b&c"]


def cells(table: Element) -> list[list[str]]:
    return [
        [cell.text for cell in row.inside if cell.tag in ("th", "td")] for row in table.all("tr")
    ]


def section(root: Element, name: str) -> Element:
    return next(part for part in root.all("section") if part.attrs.get("id") == name)


def written(files: Files, path: Path, **settings: object) -> tuple[str, list[str]]:
    known = {"before": files.before, "logs": files.logs, **settings}
    left_out = write_report(files.model, files.data, path, **known)  # type: ignore[arg-type]
    return path.read_text(encoding="utf-8"), left_out


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def test_the_figures_are_those_of_evaluate(files: Files, tmp_path: Path) -> None:
    html, left_out = written(files, tmp_path / "report.html")
    assert left_out == []
    metrics = evaluate(files.model, files.data)
    standard, triplet = section(parse(html), "figures").all("table")
    names = ("macro_f", "micro_f", "weighted_f", "mcc", "acc", "coverage")
    expected = [percent(metrics[f"emotion_{name}"]) for name in names]
    assert [row[1] for row in cells(standard)[1:]] == expected
    ends = metrics["emotion_intervals"]["emotion_mcc"]
    assert cells(standard)[4][2] == f"{percent(ends[0])} to {percent(ends[1])}"
    chance = percent(metrics["emotion_triplet_chance_macro_f"])
    first = ["macro-F", percent(metrics["emotion_triplet_macro_f"]), chance]
    assert cells(triplet)[:2] == [["figure", "value", "by chance"], first]
    assert cells(triplet)[2][2] == "50.0"
    assert cells(triplet)[3][2] == percent(metrics["emotion_triplet_chance_mcc"])
    by_label = cells(section(parse(html), "labels").one("table"))[1:]
    assert by_label == [
        [label, *(percent(known[key]) for key in "prf"), str(known["support"])]
        for label, known in metrics["emotion_f_per_type"].items()
    ]
    error = percent(metrics["emotion_ece"])
    assert section(parse(html), "calibration").one("strong").text == error


def test_all_parts_are_there_with_names_and_words(files: Files, tmp_path: Path) -> None:
    html, _ = written(files, tmp_path / "report.html")
    check_self_contained(html)
    root = parse(html)
    ids = root.ids()
    assert len(ids) == len(set(ids))
    for link in root.all("a"):
        assert link.attrs["href"].removeprefix("#") in ids
    for used in root.all("use"):
        assert used.attrs["href"].removeprefix("#") in ids
    pictures = [svg for svg in root.all("svg") if svg.attrs.get("role") == "img"]
    assert [picture.attrs["aria-label"] for picture in pictures] == [
        "Reliability diagram",
        "Loss of the stage ce",
        "Scores of the stage ce",
        "Loss of the stage triplet",
        "Scores of the stage triplet",
        "Map of turns: Before",
        "Map of turns: After",
    ]
    for picture in pictures:
        (description,) = [part for part in picture.inside if part.tag == "desc"]
        assert description.attrs["id"] == picture.attrs["aria-describedby"]
        assert description.text
    assert "triplet, by a coin" in section(root, "training").text
    assert not root.all("casn-plain")


def test_the_same_input_gives_the_same_file(files: Files, tmp_path: Path) -> None:
    one, _ = written(files, tmp_path / "one.html")
    other, _ = written(files, tmp_path / "other.html")
    assert one == other
    assert str(tmp_path.parent) not in re.sub(re.escape(str(tmp_path)), "", one)


def test_what_is_missing_is_left_out_and_said_so(files: Files, tmp_path: Path) -> None:
    html, left_out = written(files, tmp_path / "report.html", before=None, logs=())
    assert [re.split(r"[:(]", sentence)[0] for sentence in left_out] == [
        "Training curves",
        "Map of turn vectors before the last stage",
    ]
    root = parse(html)
    assert [item.text for item in root.one("casn-plain").all("li")] == left_out
    assert "training" not in [part.attrs.get("id") for part in root.all("section")]
    assert "Map of turns: The pipeline" in html


def test_two_labelled_turns_make_no_map(trained: Language, files: Files, tmp_path: Path) -> None:
    doc = make_dialogue(trained, ["You won!", "Fine."], emotions=["happiness", "anger"])
    DocBin(docs=[doc]).to_disk(files.data)
    html, left_out = written(files, tmp_path / "report.html")
    assert left_out == ["Map of turn vectors: it needs 3 labelled turns."]
    assert "Map of turns" not in html


def test_errors_are_shown_in_their_dialogues(
    trained: Language, files: Files, tmp_path: Path
) -> None:
    texts = ["Hello there.", "You won!", "Really?", "Yes, really."] * 3
    emotions = ["no emotion", "happiness", "surprise", "happiness"] * 3
    emotions[5] = "anger"
    doc = make_dialogue(trained, texts, speakers=["Ann", "Ben"] * 6, emotions=emotions)
    DocBin(docs=[doc]).to_disk(files.data)
    html, _ = written(files, tmp_path / "report.html")
    predicted = spacy.load(files.model)(doc.copy())
    errors = section(parse(html), "errors")
    shown = next(part for part in errors.all("casn-dialogue") if "Dialogue 1, turn 6:" in part.text)
    title = f"Dialogue 1, turn 6: {predicted.spans['turns'][5].label_} instead of anger, "
    assert shown.one("h3").text.startswith(title)
    assert [turn.one("casn-text").text for turn in shown.all("casn-turn")] == texts[1:8]
    (wrong,) = shown.all("casn-wrong")
    assert wrong.one("casn-text").text == "You won!"
    assert wrong.one("casn-gold").text == "right: anger"
    sides = [turn.attrs["class"].split()[1] for turn in shown.all("casn-turn")]
    assert sides[0] == "casn-side-1"


def test_errors_stand_by_what_was_taken_for_what() -> None:
    wrong = [
        WrongTurn(0, turn, gold, "calm", 1 - turn / 10)
        for turn, gold in enumerate(["anger", "fear", "anger"])
    ]
    groups = confusions(wrong)
    assert [(group.gold, len(group.turns)) for group in groups] == [("anger", 2), ("fear", 1)]
    assert [turn.turn for turn in groups[0].turns] == [0, 2]


def test_losses_are_means_of_steps(tmp_path: Path) -> None:
    log = read_log(write_log(tmp_path / "ce.jsonl"))
    assert log.steps == [0, 50, 100]
    assert log.mean_losses == {"casn_emotion": [9.0, 4.5 / 50, 3.0 / 50]}


def test_labels_that_look_like_html_or_formulas(make_nlp: MakeNlp, tmp_path: Path) -> None:
    nlp = make_nlp(neutral_label="")
    texts = ["You won!", "Fine.", "What?", "Hello there.", "Why?"] * 2
    doc = make_dialogue(nlp, texts, emotions=HOSTILE * 2)
    DocBin(docs=[doc]).to_disk(tmp_path / "test.spacy")
    nlp.initialize(lambda: [spacy.training.Example(nlp.make_doc(doc.text), doc)])
    nlp.to_disk(tmp_path / "model")
    log = write_log(tmp_path / "$x_<b>.jsonl")
    output = tmp_path / "report.html"
    write_report(str(tmp_path / "model"), tmp_path / "test.spacy", output, logs=[log])
    html = output.read_text(encoding="utf-8")
    check_self_contained(html)
    root = parse(html)
    assert sorted(row[0] for row in cells(section(root, "labels").one("table"))[1:]) == sorted(
        HOSTILE
    )
    drawn = [text.text.strip() for text in section(root, "map").all("text")]
    for label in HOSTILE:
        assert any(label.startswith(text.rstrip("…")) for text in drawn if len(text) > 3) or (
            label in drawn
        )
    assert "Scores of the stage $x_<b>" in [svg.attrs.get("aria-label") for svg in root.all("svg")]


def test_turns_that_were_left_without_label_have_a_column(files: Files, tmp_path: Path) -> None:
    nlp = spacy.load(files.model, config={"components.casn_emotion.abstain_below": 1.0})
    nlp.to_disk(tmp_path / "careful")
    output = tmp_path / "report.html"
    write_report(str(tmp_path / "careful"), files.data, output)
    table = cells(section(parse(output.read_text(encoding="utf-8")), "confusions").one("table"))
    assert table[0][-1] == "no label"
    assert sum(int(row[-1]) for row in table[1:]) == 9
    assert "No turn has a wrong label" in output.read_text(encoding="utf-8")


def test_the_worst_errors_are_the_surest() -> None:
    sure = [0.4, 0.9, 0.7, 0.99, 0.8]
    got = ["fear", "fear", "joy", "", "fear"]
    scores = np.array([[one, 1 - one] for one in sure], np.float32)
    turns = LabelledTurns.of_labels([["joy"] * 5], [got], known=["fear", "joy"], scores=[scores])
    assert [(error.turn, error.confidence) for error in wrong_turns(turns)] == [
        (1, pytest.approx(0.9)),
        (4, pytest.approx(0.8)),
        (0, pytest.approx(0.6)),
    ]


def test_a_map_shows_rare_labels_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turn_map, "TURNS", 20)
    labels = ["none"] * 500 + ["joy"] * 30 + ["fear"] * 2
    chosen = choose_turns(labels)
    assert chosen == choose_turns(labels)
    drawn = [labels[row] for row in chosen]
    assert [drawn.count(name) for name in ("none", "joy", "fear")] == [6, 6, 2]


def test_a_map_keeps_what_lies_near_together() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(16, dtype=np.float32)[[0] * 20 + [1] * 20]
    vectors = centres + rng.normal(scale=0.01, size=(40, 16)).astype(np.float32)
    found = project(vectors * rng.uniform(1, 9, (40, 1)).astype(np.float32), ["a", "b"] * 20)
    left, right = found.points[:20], found.points[20:]
    assert np.linalg.norm(left.mean(0) - right.mean(0)) > 20 * left.std(0).max()
    assert found.shown > 0.9
    same = project(np.ones((3, 4), np.float32), ["a"] * 3)
    assert same.shown == 0
    assert np.allclose(same.points, 0)


def test_a_log_is_read_as_spacy_writes_it(trained: Language, tmp_path: Path) -> None:
    path = tmp_path / "ce.jsonl"
    step, finish = console_logger_v3(console_output=False, output_file=path)(trained)
    for number in (0, 5):
        info = {"losses": {"casn_emotion": 2.5}, "epoch": 1, "step": number, "score": 0.4}
        step({**info, "other_scores": {"emotion_macro_f": 0.25, "emotion_mcc": 0.5}})
    finish()
    log = read_log(path)
    assert (log.name, log.steps) == ("ce", [0, 5])
    assert log.losses == {"casn_emotion": [2.5, 2.5]}
    assert log.scores["emotion_macro_f"] == [25.0, 25.0]
    assert log.scores["emotion_mcc"] == [50.0, 50.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"log '.*ce\.jsonl' is empty"),
        ('{"step": 1}\n', r"ce\.jsonl', line 1: no line of a training log \('losses'\)"),
        ("[1]\n", r"ce\.jsonl', line 1: no line of a training log"),
        ("no json\n", r"ce\.jsonl', line 1: no line of a training log"),
        (
            '{"step": 0, "losses": {"a": 1}, "scores": {}}\n'
            '{"step": 1, "losses": {"b": 1}, "scores": {}}\n',
            r"ce\.jsonl', line 2: .* \(other names than in the lines before\)",
        ),
    ],
)
def test_a_log_that_is_none_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "ce.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_log(path)


def test_what_cannot_be_reported_leaves_no_file(
    make_nlp: MakeNlp, files: Files, tmp_path: Path
) -> None:
    output = tmp_path / "report.html"
    with pytest.raises(ValueError, match=r"No training log '.*none\.jsonl'"):
        written(files, output, logs=[tmp_path / "none.jsonl"])
    with pytest.raises(ValueError, match=r"'.*report\.txt' is no HTML file"):
        written(files, tmp_path / "report.txt")
    other = make_nlp(spans_key="said")
    doc = make_dialogue(other, ["Hi.", "No."], emotions=["joy", "no emotion"], spans_key="said")
    other.initialize(lambda: [spacy.training.Example(doc.copy(), doc)])
    other.to_disk(tmp_path / "other")
    with pytest.raises(ValueError, match=r"other' finds other labelled turns in .* \(0\)"):
        written(files, output, before=str(tmp_path / "other"))
    unlabelled = make_dialogue(other, ["Hi."])
    DocBin(docs=[unlabelled]).to_disk(files.data)
    with pytest.raises(ValueError, match=r"has no labelled turn to measure"):
        written(files, output)
    assert not output.exists()


def test_without_matplotlib_the_extra_is_named(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "spacy_casn.visualization.charts", raising=False)
    monkeypatch.delattr(visualization, "charts", raising=False)
    with pytest.raises(ValueError, match=r"package matplotlib: `pip install spacy-casn\[report\]`"):
        written(files, tmp_path / "report.html")
