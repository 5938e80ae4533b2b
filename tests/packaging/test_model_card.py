import json
import re
from pathlib import Path
from typing import Any

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import DocBin

from spacy_casn.evaluation.evaluate import evaluate
from spacy_casn.packaging.card_writer import write_card
from spacy_casn.packaging.model_card import model_card
from spacy_casn.packaging.provenance import origin_of
from spacy_casn.pipeline.portable import make_portable
from spacy_casn.storage.held_folder import HeldFolder

from ..conftest import examples_of


@pytest.fixture
def pipeline(trained: Language, tmp_path: Path) -> Path:
    """With metrics.json beside it."""
    make_portable(trained).to_disk(tmp_path / "pipeline")
    docs = [example.reference for example in examples_of(trained)]
    (tmp_path / "tiny").mkdir()
    DocBin(docs=docs).to_disk(tmp_path / "tiny" / "test.spacy")
    data = tmp_path / "tiny" / "test.spacy"
    evaluate(str(tmp_path / "pipeline"), data, tmp_path / "metrics.json")
    return tmp_path / "pipeline"


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def metrics_of(pipeline: Path) -> dict[str, Any]:
    return read(pipeline.with_name("metrics.json"))


def rows(card: str) -> dict[str, list[str]]:
    """The cells of each table row by its first cell; the first row of a name counts."""
    found: dict[str, list[str]] = {}
    for line in card.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|"):
            found.setdefault(cells[0], cells[1:])
    return found


def test_figures_stand_under_their_protocols(pipeline: Path) -> None:
    metrics = metrics_of(pipeline)
    other = {**metrics, "data": "elsewhere/dev.spacy", "emotion_macro_f": 0.123}
    card = model_card(spacy.load(pipeline), [metrics, {**other, "emotion_intervals": None}])
    standard, triplet = card.split("**Triplet protocol**")
    low, high = metrics["emotion_intervals"]["emotion_acc"]
    assert rows(standard)["figure"] == [
        "tiny/test (3 dialogues, 9 labelled turns)",
        "elsewhere/dev (3 dialogues, 9 labelled turns)",
    ]
    accuracy = f"{100 * metrics['emotion_acc']:.1f}"
    assert rows(standard)["accuracy"] == [
        f"{accuracy} ({100 * low:.1f} to {100 * high:.1f})",
        accuracy,
    ]
    assert rows(standard)["macro-F"][1] == "12.3"
    assert rows(standard)["`anger`"] == ["100.0", "100.0", "100.0", "2"]
    chance = f"{100 * metrics['emotion_triplet_chance_macro_f']:.1f}"
    assert rows(triplet)["**macro-F of a coin**"] == [chance, chance]
    assert rows(triplet)["macro-F"][0] == f"{100 * metrics['emotion_triplet_macro_f']:.1f}"


def test_the_card_says_what_the_pipeline_is(pipeline: Path) -> None:
    nlp = spacy.load(pipeline)
    nlp.meta.update(name="casn_tiny", version="1.2.3", description="Tiny.")
    nlp.config["training"]["seed"] = 41
    card = model_card(nlp, [])
    assert card.startswith("# en_casn_tiny 1.2.3\n\nTiny.\n")
    assert "`anger`, `happiness`, `no emotion`, `surprise`; `no emotion` is the neutral" in card
    assert rows(card)["seed"] == ["41"]
    assert "window = 4, attention = past" in rows(card)["context"][0]
    assert "tiny-encoder" in rows(card)["sentence encoder"][0]
    assert "never on later ones" in card
    assert "not for judging people" in card
    assert "Not measured." in card
    assert "The license of the data isn't stated" in card


def test_its_lines_of_code_run(pipeline: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nlp = spacy.load(pipeline)
    (code,) = re.findall(r"```python\n(.*?)```", model_card(nlp, []), flags=re.DOTALL)
    monkeypatch.setattr(spacy, "load", {f"en_{nlp.meta['name']}": nlp}.__getitem__)
    shown: list[tuple[str, ...]] = []
    exec(code, {"print": lambda *cells: shown.append(cells)})
    assert [cells[0] for cells in shown] == ["Ann", "Ben"]
    assert all(cells[1] in nlp.get_pipe("casn_emotion").labels for cells in shown)


def test_rare_labels_and_the_length_limit_are_named(
    pipeline: Path, fake_bert_encoder: Path
) -> None:
    metrics = metrics_of(pipeline)
    metrics["emotion_f_per_type"]["happiness"]["support"] = 1234
    nlp = spacy.load(pipeline)
    card = model_card(nlp, [metrics])
    assert "Few turns of tiny/test have the label `anger` (2)" in card
    assert "`happiness` (" not in card
    assert rows(card)["`happiness`"][-1] == "1,234"
    assert "is cut there" not in card
    encoder = HeldFolder(fake_bert_encoder)
    nlp.get_pipe("casn_emotion").utterance_encoder.load(encoder)
    assert "longer than 64 word pieces" in model_card(nlp, [])


def test_a_known_corpus_brings_its_license(pipeline: Path) -> None:
    before = (pipeline / "config.cfg").read_bytes()
    folder = write_card(
        pipeline,
        metrics=[pipeline.with_name("metrics.json")],
        data=["dailydialog"],
        name="casn_tiny",
        version="1.0.0",
    )
    assert folder == pipeline
    meta, metrics = read(pipeline / "meta.json"), metrics_of(pipeline)
    assert (meta["license"], meta["name"], meta["version"]) == (
        "CC-BY-NC-SA-4.0",
        "casn_tiny",
        "1.0.0",
    )
    assert meta["sources"][0]["author"] == "Li et al. 2017"
    assert meta["performance"]["emotion_macro_f"] == metrics["emotion_macro_f"]
    assert meta["performance"]["measured_on"] == "tiny/test"
    assert "4 labels" in meta["description"]
    card = (pipeline / "README.md").read_text(encoding="utf-8")
    assert "[DailyDialog](http://yanran.li/dailydialog) (Li et al. 2017): CC-BY-NC-SA-4.0" in card
    assert "**CC-BY-NC-SA-4.0**" in card
    assert (pipeline / "config.cfg").read_bytes() == before
    assert spacy.load(pipeline).meta["license"] == "CC-BY-NC-SA-4.0"


def test_data_are_told_by_their_corpus() -> None:
    assert origin_of("meld").license == "GPL-3.0-only"
    leak_free = origin_of("dailydialog_leakfree")
    assert leak_free.name == (
        "DailyDialog, without the dialogues of train that stand in dev or test"
    )
    assert leak_free[1:] == origin_of("dailydialog")[1:]
    assert origin_of("everyday") == ("Everyday conversations of spacy_casn", "", "MIT", "")
    assert origin_of("my calls") == ("my calls", "", "", "")


def test_written_elsewhere_the_pipeline_stays_as_it_is(pipeline: Path, tmp_path: Path) -> None:
    files = {path: path.read_bytes() for path in pipeline.rglob("*") if path.is_file()}
    write_card(pipeline, tmp_path / "new" / "card", data=["my calls"], data_license="CC0-1.0")
    assert {path: path.read_bytes() for path in pipeline.rglob("*") if path.is_file()} == files
    assert read(tmp_path / "new" / "card" / "meta.json")["sources"] == [
        {"name": "my calls", "license": "CC0-1.0"}
    ]
    card = (tmp_path / "new" / "card" / "README.md").read_text(encoding="utf-8")
    assert "- my calls: CC0-1.0" in card
    assert str(tmp_path) not in card


def test_without_data_what_the_meta_says_stays(pipeline: Path) -> None:
    write_card(pipeline, data=["meld"])
    first = read(pipeline / "meta.json")
    write_card(pipeline)
    assert read(pipeline / "meta.json") == first
    assert first["license"] == "GPL-3.0-only"


def test_what_is_no_pipeline_or_no_metrics_is_named(pipeline: Path, tmp_path: Path) -> None:
    spacy.blank("en").to_disk(tmp_path / "blank")
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    with pytest.raises(ValueError, match="no directory of a pipeline"):
        write_card(tmp_path / "nowhere")
    with pytest.raises(ValueError, match="but no casn_emotion"):
        write_card(tmp_path / "blank")
    with pytest.raises(ValueError, match=r"bad.json' can't be read as JSON"):
        write_card(pipeline, metrics=[tmp_path / "bad.json"])
    with pytest.raises(ValueError, match=r"none.json' can't be read"):
        write_card(pipeline, metrics=[tmp_path / "none.json"])
    with pytest.raises(ValueError, match=r"other.json' holds no figures"):
        write_card(pipeline, metrics=[tmp_path / "other.json"])
    assert not (pipeline / "README.md").exists()
