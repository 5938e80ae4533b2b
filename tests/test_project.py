import io
import re
import shlex
import shutil
import zipfile
from pathlib import Path
from typing import Any

import pytest
import spacy
import srsly
from spacy.language import Language
from spacy.tokens import DocBin
from spacy.util import load_config
from thinc.api import Config
from weasel.cli.run import check_rerun, project_run, update_lockfile
from weasel.util import (
    get_checksum,
    load_project_config,
    parse_config_overrides,
    validate_project_commands,
)

from scripts.study import run as study
from spacy_casn.corpora.conversion import convert
from spacy_casn.corpora.corpus import known, named
from spacy_casn.evaluation.evaluate import evaluate
from spacy_casn.pipeline.portable import make_portable

from .conftest import ROOT, examples_of

PROJECT = srsly.read_yaml(ROOT / "project.yml")
COMMANDS = {command["name"]: command for command in PROJECT["commands"]}
TAUGHT = ("teacher", "student", "distill", "distill-triplet")
LISTS = ("deps", "outputs", "outputs_no_cache")
CACHE = "vectors.safetensors"
"""Is made anew wherever it is missing, and knows whose vectors it holds."""


def test_assets_are_those_that_the_converter_knows() -> None:
    found: dict[str, dict[str, str]] = {}
    for asset in PROJECT["assets"]:
        path = Path(asset["dest"])
        found.setdefault(path.parent.name, {})[path.name] = asset["checksum"]
    assert found.keys() == known().keys() - {"everyday"}
    assert found == {name: named(name).md5 for name in found}


def test_workflows_are_made_of_commands_and_have_names_of_their_own() -> None:
    validate_project_commands(PROJECT)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the project file alone."""
    shutil.copy(ROOT / "project.yml", tmp_path)
    return tmp_path


def commands_of(project: Path, **variables: object) -> dict[str, dict[str, Any]]:
    """The commands by name, with the values of their variables."""
    overrides = {f"vars.{name}": value for name, value in variables.items()}
    config = load_project_config(project, overrides=overrides)
    return {command["name"]: command for command in config["commands"]}


def write(path: Path, content: str) -> None:
    """Write a file, or into a folder where the name has no ending."""
    path = path if path.suffix else path / "part"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")


SKIPPED = [name for name, command in COMMANDS.items() if not command.get("no_skip")]


@pytest.mark.parametrize("name", SKIPPED)
def test_a_step_runs_again_where_one_of_its_dependencies_was_edited(
    name: str, project: Path
) -> None:
    command = commands_of(project)[name]
    for path in [*command.get("deps", []), *command["outputs"]]:
        write(project / path, "first")
    assert check_rerun(project, command)
    update_lockfile(project, command)
    assert not check_rerun(project, command)
    for dep in command.get("deps", []):
        write(project / dep, "edited")
        assert check_rerun(project, command), dep
        write(project / dep, "first")
        assert not check_rerun(project, command)
    variables = {"seed": 1, "gpu_id": 3, "version": "9.9.9"}
    changed = commands_of(project, **variables)[name]
    if changed != command:
        assert check_rerun(project, changed)


@pytest.mark.parametrize("name", COMMANDS)
def test_dependencies_and_outputs_are_all_that_a_step_reads_and_writes(
    name: str, project: Path
) -> None:
    command = commands_of(project, dataset="calls")[name]
    declared = [Path(path) for key in command if key in LISTS for path in command[key]]
    kept = Path("training", "calls" if "calls" in str(declared) else "sample", CACHE)
    named = {
        Path(word)
        for line in command["script"]
        for word in shlex.split(line)
        if word.split("/")[0] in ("assets", "configs", "corpus", "metrics", "training")
    }
    if command.get("no_skip"):
        return
    for path in named - {kept}:
        whole = [place for place in declared if place in (path, *path.parents)]
        assert whole or any(path in place.parents for place in declared), path


@pytest.mark.parametrize("name", COMMANDS)
def test_dependencies_are_there_or_made_by_another_step(name: str, project: Path) -> None:
    commands = commands_of(project)
    made = [
        Path(path)
        for command in commands.values()
        for path in [*command.get("outputs", []), *command.get("outputs_no_cache", [])]
    ]
    for dep in map(Path, commands[name].get("deps", [])):
        stands = (ROOT / dep).is_file() or dep.parts[0] == "assets"
        assert stands or dep in made or any(dep in path.parents for path in made), dep


def settings(line: str) -> tuple[list[str], dict[str, Any]]:
    """A script's line: its words up to the first option, and the options' values."""
    words = shlex.split(line)
    place = next((n for n, word in enumerate(words) if word.startswith("--")), len(words))
    # Weasel knows only options with a dot.
    options = [word.replace("--", "--x.", 1) for word in words[place:]]
    return words[:place], parse_config_overrides(options, env_var=None)


@pytest.mark.parametrize("neutral", ["no emotion", "calm", "not at all", ""])
@pytest.mark.parametrize("step", ["ce", "triplet", "finetune", "joint-train"])
def test_the_neutral_label_is_a_variable(step: str, neutral: str, project: Path) -> None:
    script = commands_of(project, neutral=neutral)[step]["script"]
    (training,) = [line for line in script if "spacy train" in line]
    _, overrides = settings(training)
    assert overrides["x.components.casn_emotion.neutral_label"] == neutral


def test_the_demo_is_the_whole_chain_on_the_sample(project: Path) -> None:
    chain, demo = commands_of(project, dataset="sample"), commands_of(project)["sample"]
    steps = [chain[name] for name in PROJECT["workflows"]["all"]]
    assert PROJECT["workflows"]["demo"] == ["sample"]

    expected = [settings(line) for step in steps for line in step["script"]]
    expected[0][0][5] = "corpus/sample"  # where it lies already
    short = {"x.training.max_steps": 300, "x.training.eval_frequency": 100}
    (training,) = [found for words, found in expected if "configs/ce.cfg" in words]
    training.update(short)
    assert [settings(line) for line in demo["script"]] == expected
    assert demo["outputs"] == [output for step in steps for output in step["outputs"]]


def test_recipes_measure_and_package_what_they_trained(project: Path) -> None:
    commands = commands_of(project)
    for recipe in ("laptop", "taught", "gpu"):
        *_, trained, finish = PROJECT["workflows"][recipe]
        (line,) = commands[finish]["script"]
        words = shlex.split(line)
        assert words[:6] == ["python", "-m", "spacy", "project", "run", "finish"]
        overrides = parse_config_overrides(words[7:], env_var=None)
        variables = {name.removeprefix("vars."): value for name, value in overrides.items()}
        assert set(variables) <= set(PROJECT["vars"])
        stage = f"training/dailydialog/{variables['stage']}/model-best"
        assert stage in commands[trained]["outputs"]
        package = commands_of(project, **variables)["package"]
        assert stage in package["deps"]
        assert len({variables["name"], "casn_dailydialog"}) == 2  # beside the wheel of `all`


def resolved(line: str) -> Config:
    """The config that a `spacy train` line trains by, but for paths and log."""
    words, options = settings(line)
    config = Config().from_disk(ROOT / words[4], interpolate=False)
    for place, value in options.items():
        _, *sections, key = place.split(".")
        section = config
        for name in sections:
            section = section[name]
        section[key] = value
    return without_places(config)


def without_places(config: Config) -> Config:
    """Without what differs from folder to folder."""
    for name in ("paths", "output", "gpu-id"):
        config.pop(name, None)
    for name in ("@loggers", "output_file"):
        config["training"]["logger"].pop(name, None)
    return config


def test_taught_is_the_line_of_the_study(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    runs = {run["name"]: run for run in srsly.read_yaml(ROOT / "configs" / "study.yml")["runs"]}
    commands = commands_of(project)
    lines = {
        name: command["script"][1]
        for name, command in commands.items()
        if name in PROJECT["workflows"]["taught"] and len(command["script"]) == 3
    }
    of_study = {
        "ce": "ce",
        "finetune": "finetune",
        "teacher": "mpnet-finetune",
        "student": "full",
        "distill": "distill-full",
        "distill-triplet": "distill-full-semi-hard",
    }
    assert set(lines) == set(of_study)
    assert set(study.with_origins(["distill-full-semi-hard"], runs)) == set(of_study.values())
    for name, run in of_study.items():
        expected = study.configure(runs[run], 0)
        paths = expected.pop("paths")
        for key in ("@loggers", "output_file"):
            expected["training"]["logger"].pop(key, None)
        assert resolved(lines[name]) == expected, name
        origin = re.search(
            r"--paths.warm_start training/dailydialog/([\w-]+)/model-best", lines[name]
        )
        assert bool(origin) == bool(paths.get("warm_start"))
        if origin:
            made = f"training/dailydialog/{origin[1]}/model-best"
            (before,) = [n for n in lines if made in commands[n]["outputs"]]
            assert of_study[before] == runs[run]["after"]
    teachers = re.findall(r"dailydialog/([\w-]+)/model-best", commands["teach"]["script"][0])
    assert [of_study[name] for name in teachers] == runs["distill-full"]["teachers"]


def test_continue_is_the_line_of_the_study(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    runs = {run["name"]: run for run in srsly.read_yaml(ROOT / "configs" / "study.yml")["runs"]}
    tune, _ = commands_of(project, model="research")["continue-start"]["script"]
    _, options = settings(tune)
    options = {name.removeprefix("x.vars."): value for name, value in options.items()}
    _, training, _ = commands_of(project, **options)["finetune"]["script"]
    assert "--paths.warm_start training/dailydialog/research/model-best" in training
    expected = study.configure(runs["research-finetune"], 0)
    assert resolved(training) == without_places(expected)


def test_trainings_keep_their_log_in_place_of_an_earlier_one() -> None:
    for name in ("ce", "triplet", "finetune", "finetune-gpu", *TAUGHT, "sample"):
        command = COMMANDS[name]
        script = command["script"]
        logs = re.findall(r"output_file (\S+)", " ".join(script))
        assert len(logs) == (2 if name == "sample" else 1)
        for log in logs:
            assert log in command["outputs"]
            forget, train = (row for row, line in enumerate(script) if log in line)
            assert train == forget + 1
            assert f"Path('{log}').unlink(missing_ok=True)" in script[forget]


@pytest.mark.parametrize("name", sorted(path.stem for path in ROOT.glob("configs/*.cfg")))
def test_configs_name_every_setting(name: str) -> None:
    config = load_config(ROOT / "configs" / f"{name}.cfg")
    nlp = spacy.util.load_model_from_config(config, auto_fill=True)
    filled = nlp.config.interpolate()["components"]["casn_emotion"]
    assert filled == config.interpolate()["components"]["casn_emotion"]


@pytest.mark.slow
def test_a_stage_is_trained_by_its_config_and_keeps_no_paths(
    project: Path, fake_encoder: Path
) -> None:
    shutil.copy(ROOT / "setup.cfg", project)
    line = '{"turns": [{"text": "Hi", "emotion": "no emotion"}, {"text": "No", "emotion": "joy"}]}'
    for split in ("train", "dev", "test"):
        (project / f"{split}.jsonl").write_text(f"{line}\n" * 4, encoding="utf-8")
    convert(project, project / "corpus" / "tiny")
    text = (ROOT / "configs" / "ce.cfg").read_text(encoding="utf-8")
    short, found = re.subn(r"max_steps = \d+", "max_steps = 3", text)
    assert found == 1
    write(project / "configs" / "ce.cfg", short)
    log = project / "training" / "tiny" / "ce.jsonl"
    write(log, "of an earlier training")
    variables = {"dataset": "tiny", "encoder": str(fake_encoder)}
    project_run(project, "ce", overrides={f"vars.{name}": v for name, v in variables.items()})
    assert not check_rerun(project, commands_of(project, **variables)["ce"])
    assert [entry["step"] for entry in srsly.read_jsonl(log)] == [0]
    saved = project / "training" / "tiny" / "ce" / "model-best"
    config = (saved / "config.cfg").read_text(encoding="utf-8")
    for path in (str(project), str(fake_encoder.parent), "ce.jsonl"):
        assert path not in config


@pytest.mark.slow
def test_the_wheel_carries_the_card_and_the_training_stays_up_to_date(
    project: Path, trained: Language
) -> None:
    shutil.copy(ROOT / "setup.cfg", project)
    saved = project / "training" / "tiny" / "triplet" / "model-best"
    saved.parent.mkdir(parents=True)
    make_portable(trained).to_disk(saved)
    docs = [example.reference for example in examples_of(trained)]
    data = project / "corpus" / "tiny" / "test.spacy"
    data.parent.mkdir(parents=True)
    DocBin(docs=docs).to_disk(data)
    evaluate(str(saved), data, project / "metrics" / "tiny" / "triplet.json")
    before = get_checksum(saved)
    built = []

    for _ in range(2):
        project_run(project, "package", overrides={"vars.dataset": "tiny"})
        assert get_checksum(saved) == before
        assert not check_rerun(project, commands_of(project, dataset="tiny")["package"])
        (wheel,) = (project / "packages").rglob("*.whl")
        built.append(wheel.read_bytes())
        shutil.rmtree(wheel.parent)
    assert built[0] == built[1]
    assert [path.name for path in (project / "packages").iterdir()] == ["en_casn_tiny-0.1.0"]
    with zipfile.ZipFile(io.BytesIO(built[0])) as archive:
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
        assert str(project).encode() not in content, name
        assert b"The cake is terrible" not in content, name
