import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.tokens import DocBin

from ..conftest import MakeNlp, examples_of


@dataclass(frozen=True)
class Files:
    """What a report is made of."""

    model: str
    before: str
    data: Path
    logs: list[Path]


def write_log(path: Path, steps: int = 3) -> Path:
    """A training log as spaCy writes it."""
    lines = [
        json.dumps(
            {
                "epoch": 0,
                "step": 50 * step,
                "losses": {"casn_emotion": 9.0 / (1 + step)},
                "scores": {"emotion_macro_f": 20.0 * step, "emotion_triplet_macro_f": 55.0 + step},
                "score": 0.2 * step,
            }
        )
        for step in range(steps)
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def save_dialogues(nlp: Language, path: Path) -> Path:
    DocBin(docs=[example.reference for example in examples_of(nlp)]).to_disk(path)
    return path


@pytest.fixture
def files(trained: Language, make_nlp: MakeNlp, tmp_path: Path) -> Files:
    """A pipeline that knows `examples_of` by heart, one that begins to, and the dialogues."""
    trained.to_disk(tmp_path / "after")
    beginner = make_nlp()
    beginner.initialize(lambda: examples_of(beginner))
    beginner.to_disk(tmp_path / "before")
    logs = [write_log(tmp_path / f"{name}.jsonl") for name in ("ce", "triplet")]
    data = save_dialogues(trained, tmp_path / "test.spacy")
    return Files(str(tmp_path / "after"), str(tmp_path / "before"), data, logs)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """Headless Chromium."""
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, names)), None)
    if chromium is None:
        pytest.skip("no chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()
