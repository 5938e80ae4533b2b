"""The benchmark's contestants, its figures and the documents made of them."""

import json
import sys
from pathlib import Path

import benchmark
import benchmark_report
import pytest
import srsly
from rich.console import Console

from .conftest import ROOT

DIALOGUES = [["you won", "no", "what ?"], ["hello there"]]


@pytest.mark.slow
def test_contestants_take_turns_on_the_same_dialogues(
    tmp_path: Path, fake_bert_encoder: Path
) -> None:
    dialogues = tmp_path / "dialogues.json"
    dialogues.write_text(json.dumps(DIALOGUES), encoding="utf-8")
    commands = {
        name: [sys.executable, str(benchmark.CASE), name, str(dialogues), str(fake_bert_encoder)]
        for name in ("raw", "pipe")
    }
    found = benchmark.contest(commands, 2, Console(quiet=True))
    for case in found["cases"].values():
        assert case["turns"] == 4
        assert len(case["seconds"]) == 2
        assert case["turns_per_second"] > 0
        assert case["peak_mb"] > 50


def test_a_contestant_that_breaks_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "raise SystemExit(3)"]
    with pytest.raises(RuntimeError, match="The case 'raw' ended with 3"):
        benchmark.contest({"raw": command}, 1, Console(quiet=True))


def test_ratios_are_taken_within_a_repetition() -> None:
    fast = {"turns": 100, "seconds": [1.0, 2.0], "turns_per_second": 75.0, "peak_mb": 300}
    slow = {"turns": 50, "seconds": [1.0, 4.0], "turns_per_second": 30.0, "peak_mb": 600}
    assert benchmark_report.speed(fast, slow) == [2.0, 4.0]
    assert benchmark_report.slowness(fast, slow) == [0.5, 0.25]
    assert benchmark_report.memory(fast, slow) == [0.5]
    assert benchmark_report.beyond(slow, fast) == [0.0, 2.0]
    metrics = {
        "annotate": {"processor": "x", "threads": 2, "cases": {"pipe": fast, "textcat": slow}}
    }
    tables = benchmark_report.tables(metrics)
    assert "| `nlp.pipe` ÷ textcat, turns/s | 3.00 | 2.00 to 4.00 | ≥ 2 | reached |" in tables
    assert "classy" not in tables
    # 774 million turns at 75 a second on two cores
    assert "| 75 | 5,733 | 0.2 |" in benchmark_report.scale(metrics)


@pytest.mark.parametrize(
    ("value", "goal", "expected"),
    [(2.0, "≥ 2", "reached"), (1.9, "≥ 2", "missed"), (0.6, "≤ 0.5", "missed"), (1.0, "", "")],
)
def test_a_goal_is_reached_or_missed(value: float, goal: str, expected: str) -> None:
    assert benchmark_report.verdict(value, goal) == expected


def test_the_documents_are_what_the_metrics_files_say() -> None:
    metrics = srsly.read_json(ROOT / benchmark_report.METRICS)
    long = srsly.read_json(ROOT / benchmark_report.LONG)
    benchmarks = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert benchmark_report.tables(metrics) in benchmarks
    assert benchmark_report.long_dialogues(long) in benchmarks
    scale = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
    assert benchmark_report.scale(metrics) in scale
    for (document, _), (path, table) in benchmark_report.SMALLER.items():
        text = (ROOT / "docs" / document).read_text(encoding="utf-8")
        assert table(srsly.read_json(ROOT / path)) in text
