"""Saved pipelines that were changed, or come from another version."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.training import Example
from thinc.api import Config

from spacy_casn import make_dialogue
from spacy_casn.storage.integrity import FORMAT, NOTE

from ..conftest import ROOT, SMALL_CONTEXT, MakeNlp, examples_of

FORMATS = ROOT / "tests" / "fixtures" / "formats"
CONTEXT = "components.casn_emotion.model.context"
TEXT = "You won!\nReally?"


def scores_of(nlp: Language, text: str = TEXT) -> np.ndarray:
    return nlp(text).spans["turns"].attrs["scores"]


@pytest.fixture
def saved(trained: Language, tmp_path: Path) -> Path:
    """The folder of a pipeline whose component has all that can be saved."""
    trained.get_pipe("casn_emotion").index_turns([examples_of(trained)[0].reference])
    trained.to_disk(tmp_path / "saved")
    return tmp_path / "saved"


def flip_a_byte(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-10])


def rename_a_label(path: Path) -> None:
    cfg = srsly.read_json(path)
    cfg["labels"][0] = "envy"
    srsly.write_json(path, cfg)


def put_another_in_its_place(path: Path) -> None:
    shutil.copy(FORMATS / "0" / "pipeline" / "casn_emotion" / path.name, path)


def formatted(number: int) -> Callable[[Path], None]:
    def change(path: Path) -> None:
        note = srsly.read_json(path)
        srsly.write_json(path, {**note, "format": number, "spacy_casn": "9.0.0"})

    return change


@pytest.mark.parametrize("number", range(FORMAT + 1))
def test_what_a_version_before_saved_is_loaded(number: int, tmp_path: Path) -> None:
    folder = FORMATS / str(number)
    expected = srsly.read_json(folder / "expected.json")
    nlp = spacy.load(folder / "pipeline")
    nlp.to_disk(tmp_path / "again")
    for loaded in (nlp, spacy.load(tmp_path / "again")):
        pipe = loaded.get_pipe("casn_emotion")
        doc = loaded(expected["text"])
        turns = doc.spans["turns"]
        np.testing.assert_allclose(turns.attrs["scores"], expected["scores"], atol=1e-5)
        assert list(pipe.labels) == expected["labels"]
        assert list(pipe.nearest(turns[0], n=1)[0].turn) == expected["nearest"]
        pipe.use_labels("learned")
        assert pipe.labels == ("praise", "complaint")


@pytest.mark.parametrize("name", ["cfg", "model", "index"])
@pytest.mark.parametrize("change", [flip_a_byte, cut, put_another_in_its_place, Path.unlink])
def test_a_changed_file_is_named(saved: Path, name: str, change: Callable[[Path], None]) -> None:
    change(saved / "casn_emotion" / name)
    how = "is missing" if change is Path.unlink else "was changed or damaged"
    with pytest.raises(ValueError, match=f"'{name}' in '.*casn_emotion' {how} since it was saved"):
        spacy.load(saved)


def test_an_edited_label_is_found(saved: Path) -> None:
    rename_a_label(saved / "casn_emotion" / "cfg")
    with pytest.raises(ValueError, match=r"'cfg' in .* was changed .*: get the pipeline again"):
        spacy.load(saved)


def test_a_changed_encoder_is_found_when_it_is_needed(saved: Path) -> None:
    flip_a_byte(saved / "casn_emotion" / "encoder" / "model.safetensors")
    nlp = spacy.load(saved)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"'model\.safetensors' in '.*encoder' was changed"):
            nlp(TEXT)


def test_lost_and_added_files_of_the_encoder_are_found_at_once(saved: Path) -> None:
    encoder = saved / "casn_emotion" / "encoder"
    (encoder / ".gitattributes").write_text("*.safetensors filter=lfs")
    spacy.load(saved)
    (encoder / "adapter_config.json").write_text("{}")
    with pytest.raises(ValueError, match=r"'encoder/adapter_config\.json' in .* was added"):
        spacy.load(saved)
    (encoder / "adapter_config.json").unlink()
    (encoder / "tokenizer.json").unlink()
    with pytest.raises(ValueError, match=r"'encoder/tokenizer\.json' in .* is missing"):
        spacy.load(saved)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            formatted(FORMAT + 1),
            rf"format {FORMAT + 1} by spacy-casn 9\.0\.0.*: upgrade spacy-casn",
        ),
        (Path.unlink, r"'format\.json' in '.*casn_emotion' is missing since it was saved"),
        (cut, "casn_emotion' can't be read"),
        (lambda path: path.write_text("{}"), r"'format\.json' of '.*casn_emotion' can't be read"),
        (lambda path: path.write_text("[]"), r"'format\.json' of '.*casn_emotion' can't be read"),
    ],
    ids=["newer", "lost", "cut", "empty", "no object"],
)
def test_a_note_that_says_nothing_known(
    saved: Path, change: Callable[[Path], None], message: str
) -> None:
    change(saved / "casn_emotion" / NOTE)
    with pytest.raises(ValueError, match=message):
        spacy.load(saved)


def test_changed_and_newer_bytes_are_refused(trained: Language, make_nlp: MakeNlp) -> None:
    pipe = trained.get_pipe("casn_emotion")
    message = srsly.msgpack_loads(pipe.to_bytes())
    other = make_nlp().get_pipe("casn_emotion")
    with pytest.raises(ValueError, match=r"the bytes of casn_emotion' was saved in format 2"):
        other.from_bytes(srsly.msgpack_dumps({**message, "format": FORMAT + 1}))
    content = bytearray(message["content"])
    content[len(content) // 2] ^= 1
    with pytest.raises(ValueError, match=r"the bytes of casn_emotion' was changed or damaged"):
        other.from_bytes(srsly.msgpack_dumps({**message, "content": bytes(content)}))
    without_note = make_nlp()
    without_note.get_pipe("casn_emotion").from_bytes(message["content"])  # as format 0 had them
    np.testing.assert_allclose(scores_of(without_note), scores_of(trained), atol=1e-6)


def test_another_stage_does_not_start_from_what_was_changed(saved: Path, make_nlp: MakeNlp) -> None:
    flip_a_byte(saved / "casn_emotion" / "encoder" / "model.safetensors")

    def start() -> None:
        nlp = make_nlp()
        nlp.config["initialize"]["components"]["casn_emotion"] = {"warm_start": str(saved)}
        nlp.initialize(lambda: examples_of(nlp))

    with pytest.raises(ValueError, match=r"'model\.safetensors' in '.*encoder' was changed"):
        start()
    formatted(FORMAT + 1)(saved / "casn_emotion" / NOTE)
    with pytest.raises(ValueError, match="upgrade spacy-casn"):
        start()


def test_new_settings_can_be_saved_alone(saved: Path) -> None:
    nlp = spacy.load(saved)
    before = scores_of(nlp)
    weights = saved / "casn_emotion" / "encoder" / "model.safetensors"
    written = weights.read_bytes()
    gold = make_dialogue(nlp, ["You won!"], emotions=["anger"])
    pipe = nlp.get_pipe("casn_emotion")
    pipe.calibrate([Example(nlp.make_doc(gold.text), gold)])
    pipe.save_cfg(saved / "casn_emotion")
    again = spacy.load(saved)
    np.testing.assert_allclose(scores_of(again), scores_of(nlp), atol=1e-6)
    assert np.abs(scores_of(again) - before).max() > 0.01
    assert weights.read_bytes() == written


@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("attention", "full", r"attention = 'full' of 'context'.* trained with 'past'"),
        ("speakers", False, r"speakers = False of 'context'.* trained with True"),
        ("distances", False, r"distances = False of 'context'.* trained with True"),
        ("window", 8, r"window = 8 of 'context'.* trained with 4"),
        ("heads", 2, r"heads = 2 of 'context'.* trained with 4"),
        ("depth", 1, r"depth = 1 of 'context'.* trained with 2"),
        ("width", 16, r"'nO' for model 'context' from 16 to 32"),
    ],
)
def test_an_edited_config_is_held_against_the_weights(
    saved: Path, setting: str, value: object, message: str
) -> None:
    with pytest.raises(ValueError, match=rf"don't fit this config's model \(.*{message}.*anew"):
        spacy.load(saved, config={f"{CONTEXT}.{setting}": value})


def test_settings_that_change_no_prediction_are_free(saved: Path, trained: Language) -> None:
    config = {f"{CONTEXT}.dropout": 0.5, f"{CONTEXT}.joined": 0.5}
    np.testing.assert_allclose(
        scores_of(spacy.load(saved, config=config)), scores_of(trained), atol=1e-6
    )


def test_of_format_0_the_shapes_and_the_number_of_labels_are_known(tmp_path: Path) -> None:
    folder = shutil.copytree(FORMATS / "0" / "pipeline", tmp_path / "old")
    with pytest.raises(ValueError, match=r"distance_bias' of 'context' is \(2, 5\) in the weights"):
        spacy.load(folder, config={f"{CONTEXT}.window": 7})
    cfg = srsly.read_json(folder / "casn_emotion" / "cfg")
    srsly.write_json(folder / "casn_emotion" / "cfg", {**cfg, "labels": cfg["labels"][:3]})
    with pytest.raises(ValueError, match=r"weights for 4 labels, but its cfg names \['anger', "):
        spacy.load(folder)
    cut(folder / "casn_emotion" / "model")
    with pytest.raises(ValueError, match=r"The weights in '.*casn_emotion' don't fit"):
        spacy.load(folder)


def test_another_context_encoder_is_refused(saved: Path) -> None:
    config = Config().from_disk(saved / "config.cfg")
    context = {"@architectures": "spacy_casn.NoContext.v1", "width": SMALL_CONTEXT["width"]}
    config["components"]["casn_emotion"]["model"]["context"] = context
    config.to_disk(saved / "config.cfg")
    with pytest.raises(ValueError, match=r"of 'no_context' is \(.*\) in the weights and nothing"):
        spacy.load(saved)
