import re
import shlex
import shutil
from pathlib import Path

import pytest
import srsly
from typer.main import get_command

import spacy_casn
from scripts import write_settings
from scripts.study import report as study_report
from spacy_casn.cli import app

from .conftest import ROOT

METRICS = ROOT / "metrics" / "dailydialog"
EVALUATION = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
STANDARD = ("macro_f", "micro_f", "weighted_f", "mcc", "acc")
PAGES = {
    path.name: path.read_text(encoding="utf-8")
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")))
}
CODE = re.compile(r"^```python\n(.*?)^```", flags=re.M | re.S)
TRIPLET = ("triplet_macro_f", "triplet_micro_f", "triplet_mcc")


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def rows(text: str, ending: str) -> list[list[str]]:
    """The numbers of each table row that ends so."""
    lines = [line for line in text.splitlines() if line.endswith(ending)]
    return [re.findall(r"(?<= )\d+\.\d(?= )", line) for line in lines]


def test_the_figures_are_those_of_the_metrics_files() -> None:
    for stage in ("ce", "triplet"):
        metrics = srsly.read_json(METRICS / f"{stage}.json")
        assert rows(EVALUATION, f"`{stage}.json` |") == [
            [percent(metrics[f"emotion_{name}"]) for name in group] for group in (STANDARD, TRIPLET)
        ]
        for name in (*STANDARD[:2], "mcc", "triplet_macro_f"):
            assert percent(metrics[f"emotion_{name}"]) in README
    speed = srsly.read_json(ROOT / "metrics" / "benchmark.json")["annotate"]["cases"]["pipe"]
    for recipe in ("finetune", "taught"):
        tuned = srsly.read_json(METRICS / f"{recipe}.json")
        assert rows(EVALUATION, f"| `{recipe}.json` |") == [
            [percent(tuned[f"emotion_{name}"]) for name in group] for group in (STANDARD, TRIPLET)
        ]
        ending = f"{percent(tuned['emotion_mcc'])} | {speed['turns_per_second']:.0f} |"
        assert rows(README, ending) == [
            [percent(tuned[f"emotion_{name}"]) for name in ("macro_f", "micro_f", "mcc")]
        ]
    for label, found in srsly.read_json(METRICS / "ce.json")["emotion_f_per_type"].items():
        files = [METRICS / f"{name}.json" for name in ("ce", "triplet", "finetune", "taught")]
        each = [srsly.read_json(file)["emotion_f_per_type"][label]["f"] for file in files]
        cells = [label, f"{found['support']:,}", *map(percent, each)]
        assert "| " + " | ".join(cells) + " |" in EVALUATION
    for name in ("seed_average", "seed_average_finetune", "seed_average_both"):
        average = srsly.read_json(METRICS / f"{name}.json")["test"]["average"]
        macro, micro, mcc = (percent(average[f"emotion_{n}"]) for n in (*STANDARD[:2], "mcc"))
        assert f"macro-F {macro}, micro-F {micro} and MCC {mcc}" in EVALUATION
    research = srsly.read_json(METRICS / "seed_average_research.json")["test"]
    for way in ("mean_weights", "average"):
        macro, micro, mcc = (percent(research[way][f"emotion_{n}"]) for n in (*STANDARD[:2], "mcc"))
        assert f"{macro}, {micro} and {mcc}" in " ".join(EVALUATION.split())
    untrained = srsly.read_json(METRICS / "untrained.json")
    expected = [percent(untrained[f"emotion_{name}"]) for name in TRIPLET]
    assert rows(EVALUATION, "`untrained.json` |") == [expected]


def test_the_study_is_what_its_metrics_files_say() -> None:
    plan = srsly.read_yaml(ROOT / "configs" / "study.yml")
    rows = study_report.summary(ROOT / "metrics" / "study", plan)
    between = EVALUATION.split(study_report.BEGIN)[1].split(study_report.END)[0]
    assert between.strip() == study_report.markdown(rows).strip()
    for row in rows:
        if row["name"] in ("finetune", "distill-full-semi-hard", "fast-taught"):
            macro, micro, mcc = (f"{row[name][0]:.1f}" for name in ("macro-F", "micro-F", "MCC"))
            for text in (README, EVALUATION):
                assert f"{macro}, {micro} and {mcc}" in text


def test_every_picture_is_shown_on_a_page() -> None:
    text = "".join(PAGES.values())
    pictures = [path.name for path in (ROOT / "docs" / "images").iterdir()]
    assert [name for name in pictures if f"images/{name})" not in text] == []


def test_every_triplet_figure_stands_beside_its_chance_level() -> None:
    for text in (README, EVALUATION):
        for paragraph in text.split("\n\n"):
            standard = paragraph.startswith("| standard protocol")
            if not standard and re.search(r"triplet.*\d\d\.\d", paragraph, flags=re.I | re.S):
                assert re.search(r"chance|coin", paragraph, flags=re.I), paragraph


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize(
    "name",
    # What pictures.md shows is tested with the pictures.
    [name for name, text in PAGES.items() if CODE.search(text) and name != "pictures.md"],
)
def test_code_on_the_pages_runs(
    name: str, real_encoder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "transcript.txt", tmp_path / "docs")
    if 'spacy.load("en_casn_dailydialog")' in PAGES[name]:
        spacy_casn.load().to_disk(tmp_path / "en_casn_dailydialog")
    scope: dict[str, object] = {}
    for block in CODE.findall(PAGES[name]):
        exec(compile(block, name, "exec"), scope)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_readme_shows_what_comes_out(
    real_encoder: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "docs" / "transcript.txt", tmp_path / "docs")
    exec(compile(CODE.findall(README)[0], "README.md", "exec"), {})
    shown = re.search(r"^```\n(Maya .*?)^```", README.split("## Start")[1], flags=re.M | re.S)
    assert shown is not None
    assert capsys.readouterr().out == shown[1]


def test_links_lead_somewhere() -> None:
    headings = {
        name: {
            re.sub(r"[^\w\- ]", "", line.lstrip("# ").lower()).replace(" ", "-")
            for line in text.splitlines()
            if line.startswith("#")
        }
        for name, text in PAGES.items()
    }
    for name, text in PAGES.items():
        folder = ROOT if (ROOT / name).exists() else ROOT / "docs"
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if target.startswith("http"):
                continue
            path, _, heading = target.partition("#")
            assert not path or (folder / path).exists(), f"{name}: {target}"
            page = Path(path).name or name
            assert not heading or heading in headings[page], f"{name}: {target}"


def test_the_settings_page_is_what_the_docstrings_say() -> None:
    assert PAGES["settings.md"] == write_settings.page()


def test_the_commands_of_the_documents_have_the_options_they_are_given() -> None:
    casn = get_command(app)
    shown = {}
    for page, text in PAGES.items():
        lines = re.findall(r"python -m spacy casn (\w[^`|]*?)$", _joined(text), flags=re.M)
        lines += re.findall(r"`python -m spacy casn (\w[^`]+)`", text)
        for line in lines:
            name, *arguments = shlex.split(line)
            if arguments and "--help" not in arguments:
                casn.commands[name].make_context(name, arguments)  # exits where it can't parse
            shown.setdefault(page, set()).add(name)
    documented = set(re.findall(r"^## `(\w+)`", PAGES["commands.md"], flags=re.M))
    assert documented <= shown["commands.md"]
    assert set(casn.commands) == set.union(*shown.values())


def _joined(text: str) -> str:
    return text.replace("\\\n", " ")
