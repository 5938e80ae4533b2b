import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy
import torch
from spacy.language import Language
from spacy.tokens import Doc, DocBin
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.pipeline import turn_scorer

from ..conftest import ROOT, SMALL_CONTEXT, MakeNlp, examples_of

TRANSCRIPT = "Ann: You won!\nBen: Really?\nAnn: Never lost."


def scores_of(doc: Doc) -> np.ndarray:
    return doc.spans["turns"].attrs["scores"]


def test_it_learns_and_annotates(trained: Language) -> None:
    for example in examples_of(trained):
        doc = trained(example.reference.text)
        gold = example.reference.spans["turns"]
        turns = doc.spans["turns"]
        assert [(turn.text, turn.id_) for turn in turns] == [(g.text, g.id_) for g in gold]
        assert all(g.label_ in ("", turn.label_) for g, turn in zip(gold, turns, strict=True))
    labels = trained.get_pipe("casn_emotion").labels
    assert labels == ("anger", "happiness", "no emotion", "surprise")
    doc = trained(TRANSCRIPT)
    scores = scores_of(doc)
    assert scores.shape == (3, 4)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
    for turn, row in zip(doc.spans["turns"], scores, strict=True):
        assert turn._.emotion_scores == dict(zip(labels, row.tolist(), strict=True))
        assert turn.label_ == labels[row.argmax()]


def test_annotations_survive_docbin_bytes_and_processes(trained: Language) -> None:
    expected = scores_of(trained(TRANSCRIPT))
    docbin = DocBin().from_bytes(DocBin(docs=[trained(TRANSCRIPT)]).to_bytes())
    docs = list(docbin.get_docs(spacy.blank("en").vocab))
    docs += [Doc(trained.vocab).from_bytes(trained(TRANSCRIPT).to_bytes())]
    if multiprocessing.get_start_method() == "fork":
        docs += trained.pipe([TRANSCRIPT] * 4, n_process=2, batch_size=1)
    for doc in docs:
        np.testing.assert_allclose(scores_of(doc), expected, atol=1e-6)
        assert [turn._.speaker for turn in doc.spans["turns"]] == ["Ann", "Ben", "Ann"]
        assert doc.spans["turns"][0]._.emotion_scores


@pytest.mark.parametrize(
    ("text", "turns"),
    [
        ("", 0),
        ("\n \n", 0),
        ("hello", 1),
        ("?!\n...\n—", 3),
        ("you won , " * 2000, 1),
        ("\n".join(["you won !"] * 500), 500),
    ],
    ids=["no text", "blank", "one turn", "punctuation", "4,000 words", "500 turns"],
)
def test_every_doc_gives_a_result(trained: Language, text: str, turns: int) -> None:
    for doc in (trained(text), *trained.pipe([text, "hello", text])):
        if doc.text == text:
            assert len(doc.spans["turns"]) == turns
            assert scores_of(doc).shape == (turns, 4)
            assert np.isfinite(scores_of(doc)).all()


def test_a_turn_does_not_depend_on_later_ones(trained: Language) -> None:
    whole = scores_of(trained(TRANSCRIPT))
    lines = TRANSCRIPT.splitlines()
    for count in (1, 2):
        part = scores_of(trained("\n".join(lines[:count])))
        np.testing.assert_allclose(part, whole[:count], atol=1e-5)


def test_given_turns_win_over_the_lines(trained: Language) -> None:
    doc = make_dialogue(trained, ["You won!", "Note: no"], emotions=["anger", None])
    doc.spans["turns"].attrs["source"] = "test"
    trained.get_pipe("casn_emotion")(doc)
    assert [turn.text for turn in doc.spans["turns"]] == ["You won!", "Note: no"]
    assert doc.spans["turns"].attrs["source"] == "test"
    assert all(turn.label_ for turn in doc.spans["turns"])


def test_another_spans_key_and_neutral_label(make_nlp: MakeNlp) -> None:
    nlp = make_nlp(spans_key="lines", neutral_label="calm")
    doc = make_dialogue(nlp, ["You won", "no"], emotions=["joy", "calm"], spans_key="lines")
    nlp.initialize(lambda: [Example(nlp.make_doc(doc.text), doc)])
    assert len(nlp(doc.text).spans["lines"]) == 2
    scores = nlp.evaluate([Example(nlp.make_doc(doc.text), doc)])
    assert {"emotion_macro_f", "emotion_triplet_chance_macro_f"} <= scores.keys()


def test_a_corpus_is_encoded_where_the_pipeline_computes(
    make_nlp: MakeNlp, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = torch.device("cpu:0")
    monkeypatch.setattr(turn_scorer, "get_torch_default_device", lambda: device)
    nlp = make_nlp()
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    encoder = nlp.get_pipe("casn_emotion").utterance_encoder
    assert encoder._device == device
    encoder.to(torch.device("cpu"))
    nlp.get_pipe("casn_emotion").encode_turns(example.predicted for example in examples)
    assert encoder._device == device


def test_save_and_load_give_the_same(trained: Language, tmp_path: Path) -> None:
    expected = scores_of(trained(TRANSCRIPT))
    trained.to_disk(tmp_path / "pipeline")
    (tmp_path / "pipeline").rename(tmp_path / "moved")
    loaded = spacy.load(tmp_path / "moved")
    from_bytes = type(trained).from_config(trained.config).from_bytes(trained.to_bytes())
    for nlp in (loaded, from_bytes):
        np.testing.assert_allclose(scores_of(nlp(TRANSCRIPT)), expected, atol=1e-6)
        assert nlp.get_pipe("casn_emotion").labels == trained.get_pipe("casn_emotion").labels
    names = {path.name for path in (tmp_path / "moved" / "casn_emotion").rglob("*")}
    assert "model.safetensors" in names
    assert not {name for name in names if name.endswith((".bin", ".pt", ".pkl"))}


@pytest.mark.parametrize("how", ["deleted", "moved"])
def test_the_folder_may_go_once_it_is_loaded(trained: Language, tmp_path: Path, how: str) -> None:
    expected = scores_of(trained(TRANSCRIPT))
    trained.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    if how == "moved":
        (tmp_path / "pipeline").rename(tmp_path / "elsewhere")
    else:
        shutil.rmtree(tmp_path / "pipeline")
    np.testing.assert_allclose(scores_of(loaded(TRANSCRIPT)), expected, atol=1e-6)


def test_unlabelled_turns_are_context_but_no_loss(make_nlp: MakeNlp) -> None:
    nlp = make_nlp()
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    pipe = nlp.get_pipe("casn_emotion")
    output, _ = pipe.model.begin_update(pipe._read([examples[1].predicted]))
    _, gradient = pipe.get_loss([examples[1]], output)
    assert (np.abs(gradient.logits).sum(axis=1) > 0).tolist() == [True, True, False, True]
    bare = make_dialogue(nlp, ["Hi", "No"])
    losses = nlp.update([Example(nlp.make_doc(bare.text), bare)], sgd=optimizer)
    assert losses["casn_emotion"] == 0.0


@pytest.mark.parametrize("mining", ["uniform", "semi-hard", "batch-hard"])
def test_stage_2_starts_from_stage_1_and_trains_the_context_encoder(
    trained: Language, make_nlp: MakeNlp, tmp_path: Path, mining: str
) -> None:
    trained.to_disk(tmp_path / "ce")
    objective = {
        "@misc": "spacy_casn.Triplet.v1",
        "mining": mining,
        "margin": 1.0,
        "cross_entropy": {"@misc": "spacy_casn.BalancedCrossEntropy.v1", "power": 0.2},
    }
    nlp = make_nlp(objective=objective)
    nlp.config["initialize"]["components"]["casn_emotion"] = {"warm_start": str(tmp_path / "ce")}
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    np.testing.assert_allclose(
        scores_of(nlp(TRANSCRIPT)), scores_of(trained(TRANSCRIPT)), atol=1e-6
    )
    module = nlp.get_pipe("casn_emotion").model.get_ref("context").shims[0]._model
    before = {name: weight.clone() for name, weight in module.named_parameters()}
    losses = [nlp.update(examples, sgd=optimizer)["casn_emotion"] for _ in range(40)]
    moved = [name for name, weight in module.named_parameters() if (weight != before[name]).any()]
    assert set(moved) == set(before)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    for example in examples:
        doc = nlp(example.reference.text)
        pairs = zip(example.reference.spans["turns"], doc.spans["turns"], strict=True)
        assert all(gold.label_ in ("", turn.label_) for gold, turn in pairs)


def test_stages_that_do_not_fit_are_refused(
    trained: Language, make_nlp: MakeNlp, tmp_path: Path
) -> None:
    def initialize(warm_start: Path, nlp: Language, **settings: object) -> None:
        nlp.config["initialize"]["components"]["casn_emotion"] = {
            "warm_start": str(warm_start),
            **settings,
        }
        nlp.initialize(lambda: examples_of(nlp))

    trained.to_disk(tmp_path / "ce")
    with pytest.raises(ValueError, match=r"nowhere' holds no trained component 'casn_emotion'"):
        initialize(tmp_path / "nowhere", make_nlp())
    with pytest.raises(ValueError, match=r"ce' has the labels .*, not \['anger', 'joy'\]"):
        initialize(tmp_path / "ce", make_nlp(), labels=["anger", "joy"])
    other = make_dialogue(trained, ["Hi"], emotions=["envy"])
    nlp = make_nlp()
    nlp.config["initialize"]["components"]["casn_emotion"] = {"warm_start": str(tmp_path / "ce")}
    with pytest.raises(ValueError, match=r"have the emotion 'envy', but the pipeline '.*ce' has"):
        nlp.initialize(lambda: [Example(other.copy(), other)])
    wide = make_nlp()
    config = wide.get_pipe_config("casn_emotion")["model"]
    config = {**config, "context": {**SMALL_CONTEXT, "@architectures": "spacy_casn.NoContext.v1"}}
    for key in ("heads", "window", "attention"):
        del config["context"][key]
    with pytest.raises(ValueError, match="don't fit this config's model"):
        initialize(tmp_path / "ce", make_nlp(model=config))


def test_labels_that_do_not_fit_are_refused(make_nlp: MakeNlp) -> None:
    nlp = make_nlp()
    with pytest.raises(ValueError, match="doesn't know its emotions yet"):
        nlp("hello")
    bare = make_dialogue(nlp, ["Hi"])
    with pytest.raises(ValueError, match="There is no labelled turn"):
        nlp.initialize(lambda: [Example(bare.copy(), bare)])
    other = make_nlp(neutral_label="calm")
    with pytest.raises(ValueError, match=r"neutral_label = 'calm' is none of the labels"):
        other.initialize(lambda: examples_of(other))
    nlp.initialize(lambda: examples_of(nlp))
    assert nlp.get_pipe("casn_emotion").label_data == [
        "anger",
        "happiness",
        "no emotion",
        "surprise",
    ]
    strange = make_dialogue(nlp, ["Hi"], emotions=["envy"])
    with pytest.raises(ValueError, match="The emotion 'envy' of the turn 'Hi' is none of"):
        nlp.update([Example(strange.copy(), strange)])
    with pytest.raises(ValueError, match="'envy' can't be added"):
        nlp.get_pipe("casn_emotion").add_label("envy")


def test_labels_can_be_added_before_training(make_nlp: MakeNlp) -> None:
    nlp = make_nlp()
    pipe = nlp.get_pipe("casn_emotion")
    for label in ("no emotion", "anger", "happiness", "surprise", "envy"):
        assert pipe.add_label(label) == 1
    assert pipe.add_label("envy") == 0
    nlp.initialize(lambda: examples_of(nlp))
    assert scores_of(nlp("hello")).shape == (1, 5)


def test_stock_training_data_with_text_alone_is_no_silent_zero(make_nlp: MakeNlp) -> None:
    nlp = make_nlp()
    examples = examples_of(nlp)
    nlp.initialize(lambda: examples)
    assert all("turns" not in example.predicted.spans for example in examples)
    assert nlp.update(examples)["casn_emotion"] > 0.1
    assert nlp.evaluate(examples)["emotion_acc"] is not None


def test_turn_vectors_are_those_of_the_metric_space(trained: Language) -> None:
    docs = [trained.make_doc(TRANSCRIPT), trained.make_doc("")]
    vectors = list(trained.get_pipe("casn_emotion").turn_vectors(docs))
    assert [rows.shape for rows in vectors] == [(3, 32), (0, 32)]


def test_cross_entropy_leaves_the_metric_space_as_it_is(make_nlp: MakeNlp) -> None:
    nlp = make_nlp()
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    head = nlp.get_pipe("casn_emotion").model.get_ref("metric").shims[0]._model
    torch.nn.init.eye_(head.linear.weight)
    for _ in range(3):
        nlp.update(examples, sgd=optimizer)
    assert torch.equal(head.linear.weight, torch.eye(len(head.linear.weight)))


def test_word_pieces_work_in_the_component(
    make_nlp: MakeNlp, fake_bert: Path, tmp_path: Path
) -> None:
    model = {
        "@architectures": "spacy_casn.CasnModel.v1",
        "encoder": {
            "@architectures": "spacy_casn.TransformerTurnEncoder.v1",
            "name": str(fake_bert),
        },
        "context": SMALL_CONTEXT,
    }
    nlp = make_nlp(model=model)
    examples = examples_of(nlp)
    optimizer = nlp.initialize(lambda: examples)
    losses = [nlp.update(examples, sgd=optimizer)["casn_emotion"] for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]
    nlp.to_disk(tmp_path / "pipeline")
    loaded = spacy.load(tmp_path / "pipeline")
    np.testing.assert_allclose(scores_of(loaded(TRANSCRIPT)), scores_of(nlp(TRANSCRIPT)), atol=1e-6)


@pytest.mark.slow
def test_workers_do_not_hang_after_threaded_work(trained: Language) -> None:
    torch.set_num_threads(2)
    torch.randn(2000, 2000) @ torch.randn(2000, 2000)
    docs = list(trained.pipe([TRANSCRIPT] * 20, n_process=2, batch_size=5))
    assert len(docs) == 20


SPAWN = """
import multiprocessing
import sys
import numpy as np
import spacy
import torch
from spacy.language import Language

@Language.component("threads")
def threads(doc):
    doc.user_data["threads"] = torch.get_num_threads()
    return doc

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    nlp = spacy.load(sys.argv[1])
    nlp.add_pipe("threads")
    torch.set_num_threads(2)
    expected = nlp("Ann: You won!").spans["turns"].attrs["scores"]
    docs = list(nlp.pipe(["Ann: You won!"] * 6, n_process=2, batch_size=2))
    assert [doc.user_data["threads"] for doc in docs] == [1] * 6
    assert torch.get_num_threads() == 2
    for doc in docs:
        np.testing.assert_allclose(doc.spans["turns"].attrs["scores"], expected, atol=1e-6)
"""


@pytest.mark.slow
def test_spawned_workers_run_on_one_thread_each(trained: Language, tmp_path: Path) -> None:
    trained.to_disk(tmp_path / "pipeline")
    script = tmp_path / "script.py"
    script.write_text(SPAWN, encoding="utf-8")
    command = [sys.executable, str(script), str(tmp_path / "pipeline")]
    subprocess.run(command, check=True, timeout=300, cwd=ROOT)


def test_a_turn_below_the_threshold_stays_without_label(trained: Language) -> None:
    pipe = trained.get_pipe("casn_emotion")
    full = trained(TRANSCRIPT)
    best = scores_of(full).max(axis=1)
    pipe.abstain_below = float(np.median(best))
    doc = trained(TRANSCRIPT)
    np.testing.assert_array_equal(scores_of(doc), scores_of(full))
    for turn, before, probability in zip(
        doc.spans["turns"], full.spans["turns"], best, strict=True
    ):
        assert turn.label_ == (before.label_ if probability >= pipe.abstain_below else "")
    assert "" in {turn.label_ for turn in doc.spans["turns"]}


def test_calibration_changes_probabilities_but_no_label(
    trained: Language, make_nlp: MakeNlp, tmp_path: Path
) -> None:
    pipe = trained.get_pipe("casn_emotion")
    before = trained(TRANSCRIPT)
    first = trained("You won!\nReally?")
    other = next(label for label in pipe.labels if label != first.spans["turns"][0].label_)
    wrong = [make_dialogue(trained, ["You won!", "Really?"], emotions=[other, None])]
    temperature = pipe.calibrate(Example(trained.make_doc(doc.text), doc) for doc in wrong)
    assert temperature > 1
    after = trained(TRANSCRIPT)
    assert (scores_of(after).max(axis=1) < scores_of(before).max(axis=1)).all()
    assert [turn.label for turn in after.spans["turns"]] == [
        turn.label for turn in before.spans["turns"]
    ]
    trained.to_disk(tmp_path / "calibrated")
    for loaded in (spacy.load(tmp_path / "calibrated"), make_nlp().from_bytes(trained.to_bytes())):
        np.testing.assert_allclose(scores_of(loaded(TRANSCRIPT)), scores_of(after), atol=1e-6)


def test_what_cannot_be_calibrated_or_abstained_is_refused(
    trained: Language, make_nlp: MakeNlp
) -> None:
    unlabelled = [make_dialogue(trained, ["You won!"])]
    with pytest.raises(ValueError, match="can't be calibrated without labels"):
        trained.get_pipe("casn_emotion").calibrate(Example(doc, doc) for doc in unlabelled)
    with pytest.raises(ValueError, match=r"abstain_below = 1\.5"):
        make_nlp(abstain_below=1.5)
    with pytest.raises(ValueError, match="abstain_below = 60 must be a probability"):
        trained.get_pipe("casn_emotion").abstain_below = 60


def test_rare_and_missing_labels_and_single_turns_train_and_are_counted(
    make_nlp: MakeNlp,
) -> None:
    nlp = make_nlp(
        objective={
            "@misc": "spacy_casn.Triplet.v1",
            "cross_entropy": {"@misc": "spacy_casn.BalancedCrossEntropy.v1"},
        }
    )
    docs = [
        make_dialogue(nlp, [text], emotions=[emotion])
        for text, emotion in (("Hello.", "no emotion"), ("You won!", "joy"), ("Oh no!", "fear"))
        for _ in range(1 if emotion == "fear" else 3)
    ]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    nlp.config["initialize"]["components"]["casn_emotion"] = {
        "labels": ["disgust", "fear", "joy", "no emotion"]
    }
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(20):
        losses = nlp.update(examples, sgd=optimizer)
    assert np.isfinite(losses["casn_emotion"])
    per_type = nlp.evaluate(examples)["emotion_f_per_type"]
    support = {label: figures["support"] for label, figures in per_type.items()}
    assert support == {"disgust": 0, "fear": 1, "joy": 3, "no emotion": 3}
