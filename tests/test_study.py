"""The study's runner, on a tiny corpus with a tiny encoder."""

import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
import torch
from spacy.cli._util import app as spacy_app
from spacy.tokens import DocBin
from spacy.vocab import Vocab
from typer.main import get_command

from scripts.study import measure
from scripts.study import report as study_report
from scripts.study import run as study
from spacy_casn.cli import app as casn
from spacy_casn.corpora.conversion import convert
from spacy_casn.models.architectures import build_casn_model_v1
from spacy_casn.pipeline.pretrained import FAST, PIPELINES, load

from .conftest import ROOT

PLAN = srsly.read_yaml(ROOT / "configs" / "study.yml")
RUNS = {run["name"]: run for run in PLAN["runs"]}
SHORT = {"training.max_steps": 4, "training.eval_frequency": 2}


@pytest.fixture
def tiny(tmp_path: Path, fake_encoder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Two runs, one after the other, in a folder that has what they need."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    convert(ROOT / "corpus" / "sample", tmp_path / "corpus" / "sample")
    encoder = {"components.casn_emotion.model.encoder.name": str(fake_encoder)}
    return {
        name: {**RUNS[name], "dataset": "sample", "change": {**encoder, **SHORT}}
        for name in ("ce", "triplet")
    }


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands of a run, without a process for each: most of its time would go into imports."""

    def run(command: list[str], log: Path) -> dict[str, float]:
        _, *words = command
        study.METRICS.mkdir(parents=True, exist_ok=True)
        if words[0] == str(study.MEASURE):
            monkeypatch.setattr("sys.argv", words)
            measure.main()
        elif words[:3] == ["-m", "spacy", "casn"]:
            get_command(casn).main(words[3:], standalone_mode=False)
        else:
            assert words[:2] == ["-m", "spacy"]
            get_command(spacy_app).main(words[2:], standalone_mode=False)
        return {"seconds": 1.0, "cpu_seconds": 1.0, "peak_mb": 200}

    monkeypatch.setattr(study, "in_own_process", run)


def test_what_a_process_takes_is_told_and_where_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    log = tmp_path / "logs" / "train.log"
    busy = "import time; print('at work')\nwhile time.process_time() < 0.2: pass"
    used = study.in_own_process([sys.executable, "-c", busy], log)
    assert used["cpu_seconds"] >= 0.2
    assert used["seconds"] > 0
    assert used["peak_mb"] > 1
    assert log.read_text(encoding="utf-8") == "at work\n"
    with pytest.raises(SystemExit, match=r"ended with 3: see .*train.log"):
        study.in_own_process([sys.executable, "-c", "raise SystemExit(3)"], log)


@pytest.mark.parametrize("name", RUNS)
def test_every_run_has_a_config_that_builds(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    config = study.configure(RUNS[name], seed=3).interpolate()
    assert config["training"]["seed"] == 3
    model = config["components"]["casn_emotion"].pop("model")
    resolved = spacy.util.registry.resolve({"model": model})["model"]
    assert resolved.name == build_casn_model_v1.__name__.split("_")[1]
    spacy.util.registry.resolve({"o": config["components"]["casn_emotion"]["objective"]})


def test_a_run_comes_after_what_it_starts_from() -> None:
    assert study.with_origins(["triplet", "joint"], RUNS) == ["ce", "triplet", "joint"]
    assert study.with_origins(["distill"], RUNS) == ["ce", "mpnet-finetune", "distill"]
    chain = ["ce", "mpnet-finetune", "finetune", "distill-two", "distill-semi-hard"]
    assert study.with_origins(chain[-1:], RUNS) == chain


def test_only_a_frozen_encoder_has_its_vectors_in_the_file_of_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    tuned = set()
    for name in study.with_origins(list(RUNS), RUNS):
        config = study.configure(RUNS[name], 0)
        if RUNS[name].get("after") in tuned:
            assert config["paths"].get("vectors_file") is None, name
            tuned.add(name)
        elif config["components"]["casn_emotion"]["model"]["encoder"].get("trainable"):
            tuned.add(name)
    assert {"finetune", "distill-semi-hard"} <= tuned


def test_a_changed_setting_makes_another_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    ce = {**RUNS["ce"], "change": {"training.max_steps": 1}}
    changed = {**RUNS, "ce": ce}
    for run in (RUNS["ce"], RUNS["triplet"]):  # stage 2 builds on stage 1
        runs = [study.recipe(r[run["name"]], 0, r) for r in (RUNS, RUNS, changed)]
        assert runs[0] == runs[1] != runs[2]
        assert study.recipe(run, 1, RUNS) != runs[0]


def test_a_setting_at_its_default_is_no_other_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    encoder = "components.casn_emotion.model.encoder"
    changes = ({}, {f"{encoder}.batch_tokens": 512}, {f"{encoder}.batch_tokens": 513})
    recipes = [study.recipe({**RUNS["ce"], "change": change}, 0, RUNS) for change in changes]
    assert recipes[0] == recipes[1] != recipes[2]
    config = study.configure(RUNS["ce"], 0)
    del config["components"]["casn_emotion"]["model"]["encoder"]["batch_tokens"]
    without = study.without_defaults(config)
    assert without == study.without_defaults(study.configure(RUNS["ce"], 0))
    assert without["training"]["batcher"]["size"] == 256


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The runs that were performed, where that only leaves the files that tell of it."""
    monkeypatch.chdir(tmp_path)
    study.METRICS.mkdir(parents=True)
    runs = []

    def perform(run: dict[str, Any], seed: int, *_: object) -> None:
        figures = study.METRICS / f"{run['name']}-{seed}.json"
        if figures.exists():
            return
        for origin in study.origins(run):
            assert (study.TRAINING / f"{origin}-{seed}" / "measured.json").exists()
        runs.append(run)
        time.sleep(0.2)
        for name in ("model-best", "measured.json"):
            (study.TRAINING / f"{run['name']}-{seed}" / name).mkdir(parents=True, exist_ok=True)
        figures.touch()

    monkeypatch.setattr(study, "perform", perform)
    return runs


def test_weights_that_two_runs_start_from_are_made_once(made: list[dict[str, Any]]) -> None:
    with ThreadPoolExecutor(2) as executor:
        for _ in range(2):
            executor.submit(study.ensure_weights, RUNS["ce"], 0, RUNS, -1)
    assert made == [RUNS["ce"]]


@pytest.mark.parametrize("gone", ["model-best", "measured.json"])
def test_weights_that_are_gone_or_of_a_stopped_training_are_made_again(
    gone: str, made: list[dict[str, Any]]
) -> None:
    study.ensure_weights(RUNS["ce"], 0, RUNS)
    (study.TRAINING / "ce-0" / gone).rmdir()
    study.ensure_weights(RUNS["ce"], 0, RUNS)
    assert made == [RUNS["ce"]] * 2


def test_weights_that_are_asked_for_are_made_and_kept(
    made: list[dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    for name in ("ce", "triplet", "semi-hard"):
        srsly.write_json(study.METRICS / f"{name}-1.json", {})
    command = "study.py --weights --only triplet semi-hard --seeds 1 --jobs 2"
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr("sys.argv", command.split())
    monkeypatch.setattr(study, "summary", lambda *_: [])
    for _ in range(2):
        study.main()
        assert sorted(run["name"] for run in made) == ["ce", "semi-hard", "triplet"]
    assert all(run["keep"] for run in made)


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_the_study_goes_on_where_it_was(tiny: dict[str, Any], tmp_path: Path) -> None:
    study.perform(tiny["triplet"], 0, tiny, -1)  # trains stage 1 first
    files = {path.name: path for path in (tmp_path / "metrics" / "study").iterdir()}
    assert set(files) == {"ce-0.json", "triplet-0.json", "encode-sample-tiny-encoder.json"}
    found = srsly.read_json(files["triplet-0.json"])
    assert 0 <= found["emotion_macro_f"] <= 1
    assert 0 <= found["decisions"]["prototypes_with_prior"]["emotion_micro_f"] <= 1
    assert found["train_peak_mb"] == 200
    assert found["turns_per_second"] > 0
    assert found["parameters"]["rest"] > found["parameters"]["encoder"] > 0
    kept = sorted(path.parent.name for path in (tmp_path / "training").rglob("model-best"))
    assert kept == ["ce-0"]  # another run may start from it

    before = {name: path.stat().st_mtime_ns for name, path in files.items()}
    for name in ("ce", "triplet"):
        study.perform(tiny[name], 0, tiny, -1)
    assert {name: path.stat().st_mtime_ns for name, path in files.items()} == before

    plan = {"seeds": [0, 1], "runs": list(tiny.values())}
    rows = study_report.summary(tmp_path / "metrics" / "study", plan)
    assert [row["seeds"] for row in rows] == [1] * 8
    assert f"{100 * found['emotion_macro_f']:.1f}" in study_report.markdown(rows)
    study_report.draw(rows, tmp_path / "images")
    assert (tmp_path / "images" / "study_sample.png").stat().st_size > 10_000
    study_report.draw(rows[:2], tmp_path / "few")
    assert not list((tmp_path / "few").iterdir())


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_run_learns_from_its_teachers(tiny: dict[str, Any], tmp_path: Path) -> None:
    objective = {
        "@misc": "spacy_casn.Distillation.v1",
        "cross_entropy": {"@misc": "spacy_casn.BalancedCrossEntropy.v1"},
    }
    place = "components.casn_emotion.objective"
    student = {**tiny["ce"], "name": "student", "teachers": ["ce", "other"]}
    student["change"] = {**student["change"], place: objective}
    other = {**tiny["ce"], "name": "other"}
    other["change"] = {**other["change"], "components.casn_emotion.objective.power": 1.0}
    runs = {"ce": tiny["ce"], "other": other, "student": student}
    study.perform(student, 0, runs, -1)  # trains its teachers first
    names = {path.stem for path in (tmp_path / "metrics" / "study").iterdir()}
    assert {"ce-0", "other-0", "student-0"} <= names
    (taught, *_) = DocBin().from_disk(study.taught_corpus(student, 0)).get_docs(Vocab())
    each = []
    for teacher in student["teachers"]:
        (doc,) = spacy.load(study.TRAINING / f"{teacher}-0" / "model-best").pipe([taught.copy()])
        each.append(doc.spans["turns"].attrs["scores"])
    assert not np.allclose(*each, atol=1e-4)  # or the mean would be that of one alone
    np.testing.assert_allclose(
        taught.spans["turns"].attrs["scores"], np.mean(each, axis=0), atol=1e-5
    )
    for teacher in student["teachers"]:
        changed = {**runs, teacher: {**runs[teacher], "change": {"training.max_steps": 1}}}
        assert study.recipe(student, 0, changed) != study.recipe(student, 0, runs)


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_run_starts_from_a_pretrained_pipeline(
    tiny: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = "components.casn_emotion.model"
    words = {
        "@architectures": "spacy_casn.WordVectorEncoder.v1",
        "name": str(PIPELINES[FAST].folder / "words"),
        "trainable": True,
    }
    run = {**tiny["ce"], "config": "finetune.cfg", "start": FAST, "keep": True}
    run["change"] = {f"{model}.encoder": words, f"{model}.context.width": 192, **SHORT}
    study.perform(run, 0, {"ce": run}, -1)
    tuned = spacy.load(study.TRAINING / "ce-0" / "model-best").get_pipe("casn_emotion")
    (start,) = (pipe for _, pipe in load(FAST).pipeline)
    for layer in ("context", "classifier"):
        weights = [pipe.model.get_ref(layer).shims[0]._model for pipe in (tuned, start)]
        for one, other in zip(*(each.parameters() for each in weights), strict=True):
            torch.testing.assert_close(one, other, atol=0.01, rtol=0)

    recipe = study.recipe(run, 0, {"ce": run})
    other = PIPELINES[FAST]._replace(sha256="of other weights")
    monkeypatch.setitem(study.PIPELINES, FAST, other)
    assert study.recipe(run, 0, {"ce": run}) != recipe


def test_the_spread_is_that_over_the_seeds(tmp_path: Path) -> None:
    for seed, value in enumerate((0.40, 0.42, 0.44)):
        result = {f"emotion_{name}": value for name in ("macro_f", "micro_f", "mcc")}
        costs = dict.fromkeys(
            ("train_seconds", "train_peak_mb", "annotate_peak_mb", "turns_per_second"), 60 * seed
        )
        srsly.write_json(
            tmp_path / f"ce-{seed}.json",
            {**result, **costs, "parameters": {"encoder": 1e6, "rest": 2e6}},
        )
    (row,) = study_report.summary(tmp_path, {"seeds": [0, 1, 2], "runs": [RUNS["ce"]]})
    assert row["macro-F"] == pytest.approx((42.0, 2.0))
    assert study_report.cell(row, "macro-F") == "42.0 ± 2.0"
    assert study_report.cell(row, "train min") == "1.0"
    assert study_report.cell(row, "weights (M)") == "3.0"
