import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.util import load_config
from weasel.util import get_checksum, validate_project_commands

from spacy_casn.corpora import dailydialog, meld
from spacy_casn.corpora.conversion import convert
from spacy_casn.evaluation.evaluate import evaluate
from spacy_casn.pipeline.portable import make_portable

from .conftest import ROOT, examples_of

PROJECT = srsly.read_yaml(ROOT / "project.yml")
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}


def test_assets_are_those_that_the_converter_knows() -> None:
    assets = {Path(asset["dest"]).name: asset["checksum"] for asset in PROJECT["assets"]}
    assert assets == dailydialog.MD5 | meld.SOURCE.MD5


def test_workflows_are_made_of_commands_and_have_names_of_their_own() -> None:
    validate_project_commands(PROJECT)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_depends_on_files_that_are_there(name: str) -> None:
    made = [
        output
        for command in COMMANDS.values()
        for output in [*command.get("outputs", []), *command.get("outputs_no_cache", [])]
    ]
    for dep in COMMANDS[name]["deps"]:
        dep = re.sub(r"\$\{vars\.(\w+_after|teacher)\}", "ce", dep)
        assert dep in made or "assets" in dep or (ROOT / dep).is_file(), dep


def test_the_demo_is_the_whole_chain_on_the_sample() -> None:
    steps = PROJECT["workflows"]["all"]
    scripts = [line for step in steps for line in COMMANDS[step]["script"]]
    variables = {
        "assets/${vars.dataset}": "corpus/sample",
        "${vars.dataset}": "sample",
        "${vars.triplet_after}": "ce",
    }
    for variable, value in variables.items():
        scripts = [line.replace(variable, value) for line in scripts]
    expected = scripts
    assert PROJECT["workflows"]["demo"] == ["sample"]
    shortened = " --training.max_steps 300 --training.eval_frequency 100"
    script = [line.replace(shortened, "") for line in COMMANDS["sample"]["script"]]
    assert script == expected
    outputs = [output for step in steps for output in COMMANDS[step]["outputs"]]
    assert COMMANDS["sample"]["outputs"] == [
        output.replace("${vars.dataset}", "sample") for output in outputs
    ]
    code = {dep for step in steps for dep in COMMANDS[step]["deps"] if "${" not in dep}
    assert code <= set(COMMANDS["sample"]["deps"])


def test_trainings_keep_their_log_in_place_of_an_earlier_one() -> None:
    for name in ("ce", "triplet", "finetune", "finetune-gpu", "distill", "sample"):
        command = COMMANDS[name]
        script = command["script"]
        logs = re.findall(r"output_file (\S+)", " ".join(script))
        assert len(logs) == (2 if name == "sample" else 1)
        for log in logs:
            assert log in command["outputs"]
            forget, train = (row for row, line in enumerate(script) if log in line)
            assert train == forget + 1
            assert f"Path('{log}').unlink(missing_ok=True)" in script[forget]


def test_every_training_attends_as_the_variable_says() -> None:
    trainings = [
        line
        for command in COMMANDS.values()
        for line in command["script"]
        if line.startswith("python -m spacy train")
    ]
    assert len(trainings) == 7
    for line in trainings:
        assert "--components.casn_emotion.model.context.attention ${vars.attention}" in line


@pytest.mark.parametrize("name", ["ce", "triplet", "finetune", "finetune_gpu", "distill"])
def test_configs_name_every_setting(name: str) -> None:
    config = load_config(ROOT / "configs" / f"{name}.cfg")
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    filled = nlp.config.interpolate()["components"]["casn_emotion"]
    assert filled == config.interpolate()["components"]["casn_emotion"]


@pytest.mark.slow
def test_what_is_unchanged_is_skipped_and_an_edited_config_retrains(
    tmp_path: Path, fake_encoder: Path
) -> None:
    shutil.copy(ROOT / "project.yml", tmp_path)
    shutil.copytree(ROOT / "configs", tmp_path / "configs")
    (tmp_path / "spacy_casn").symlink_to(ROOT / "spacy_casn")
    line = '{"turns": [{"text": "Hi", "emotion": "no emotion"}, {"text": "No", "emotion": "joy"}]}'
    for split in ("train", "dev", "test"):
        (tmp_path / f"{split}.jsonl").write_text(f"{line}\n" * 4, encoding="utf-8")
    convert(tmp_path, tmp_path / "corpus" / "tiny")
    config = tmp_path / "configs" / "ce.cfg"

    def shorten(steps: int) -> None:
        text = (ROOT / "configs" / "ce.cfg").read_text(encoding="utf-8")
        short, found = re.subn(r"max_steps = \d+", f"max_steps = {steps}", text)
        assert found == 1
        config.write_text(short, encoding="utf-8")

    def run() -> str:
        command = [sys.executable, "-m", "spacy", "project", "run", "ce", ".", "--vars.dataset"]
        command += ["tiny", "--vars.encoder", str(fake_encoder)]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return result.stdout

    log = tmp_path / "training" / "tiny" / "ce.jsonl"
    shorten(3)
    assert "Saved pipeline" in run()
    assert "Skipping 'ce': nothing changed" in run()
    log.write_text("of an earlier training", encoding="utf-8")
    shorten(4)
    assert "Saved pipeline" in run()
    assert [entry["step"] for entry in srsly.read_jsonl(log)] == [0]
    saved = tmp_path / "training" / "tiny" / "ce" / "model-best"
    assert str(tmp_path) not in (saved / "config.cfg").read_text(encoding="utf-8")
    assert str(fake_encoder.parent) not in (saved / "config.cfg").read_text(encoding="utf-8")
    assert "ce.jsonl" not in (saved / "config.cfg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_wheel_carries_the_card_and_the_training_stays_up_to_date(
    tmp_path: Path, trained: Language
) -> None:
    shutil.copy(ROOT / "project.yml", tmp_path)
    (tmp_path / "spacy_casn").symlink_to(ROOT / "spacy_casn")
    (tmp_path / "packages").mkdir()
    saved = tmp_path / "training" / "tiny" / "triplet" / "model-best"
    saved.parent.mkdir(parents=True)
    make_portable(trained).to_disk(saved)
    docs = [example.reference for example in examples_of(trained)]
    data = tmp_path / "corpus" / "tiny" / "test.spacy"
    data.parent.mkdir(parents=True)
    DocBin(docs=docs).to_disk(data)
    evaluate(str(saved), data, tmp_path / "metrics" / "tiny" / "triplet.json")
    before = get_checksum(saved)

    def package() -> str:
        command = [sys.executable, "-m", "spacy", "project", "run", "package", "."]
        command += ["--vars.dataset", "tiny"]
        result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        return result.stdout

    assert "Built" in package()
    assert get_checksum(saved) == before
    assert "Skipping 'package': nothing changed" in package()
    (wheel,) = (tmp_path / "packages").rglob("*.whl")
    first = wheel.read_bytes()
    shutil.rmtree(wheel.parent)
    assert "Built" in package()
    assert wheel.read_bytes() == first
    assert [path.name for path in (tmp_path / "packages").iterdir()] == ["en_casn_tiny-0.1.0"]
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    (metadata,) = [text for name, text in files.items() if name.endswith("/METADATA")]
    card = metadata.decode("utf-8")
    assert "Name: en_casn_tiny" in card
    assert "# en_casn_tiny 0.1.0" in card
    assert "| **macro-F of a coin** |" in card
    metas = [srsly.json_loads(text) for name, text in files.items() if name.endswith("/meta.json")]
    assert metas
    assert all(meta["performance"]["measured_on"] == "tiny/test" for meta in metas)
    for name, content in files.items():
        assert str(tmp_path).encode() not in content, name
        assert b"The cake is terrible" not in content, name
