"""The benchmark's contestants, its figures and the documents made of them."""

import itertools
import json
import sys
from pathlib import Path

import pytest
import srsly
from rich.console import Console
from spacy.language import Language

from benchmarks.accuracy import contestants, peers
from benchmarks.accuracy.contestants import Dialogue
from benchmarks.reliability import long_run
from benchmarks.reports import benchmark_report, quality_speed
from benchmarks.speed import benchmark
from tests.conftest import ROOT

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
    assert (
        "| `nlp.pipe` ÷ textcat on a transformer, turns/s | 3.00 | 2.00 to 4.00 | ≥ 2 | reached |"
        in tables
    )
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
        assert benchmark_report.measured(ROOT / path, table) in text


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own account")
def test_a_service_is_watched_while_it_runs(trained: Language) -> None:
    service = long_run.Service(trained)
    requests = list(itertools.islice(long_run.renewed(DIALOGUES, seed=0), 20))
    turns = [turn for texts in requests for turn in texts]
    assert len(set(turns)) == len(turns)  # always new ones
    service.run(iter(requests), seconds=600, every=0.0)
    assert (service.requests, service.turns) == (20, len(turns))
    assert len(service.milliseconds["dialogue"]) == 18
    assert len(service.milliseconds["live turn"]) == len(requests[9]) + len(requests[19])
    assert len(service.samples) == 20
    assert service.samples[-1].rss_mb > service.samples[-1].private_mb > 50
    assert service.samples[-1].open_files > 2


def test_many_chats_are_open_at_the_same_time(trained: Language) -> None:
    service = long_run.Service(trained, live=1, sessions=3)
    service.run(iter(DIALOGUES * 10), seconds=600)
    assert len(service.open) == 2
    said = [[turn.text for turn in chat.session.turns] for chat in service.open]
    to_come = [chat.to_come[::-1] for chat in service.open]
    assert all(before + after in DIALOGUES for before, after in zip(said, to_come, strict=True))
    all_turns = 10 * sum(map(len, DIALOGUES))
    assert service.turns == len(service.milliseconds["live turn"])
    assert service.turns == all_turns - sum(map(len, to_come))
    service.run(iter(DIALOGUES * 10), seconds=600, turns=service.turns + 5)
    assert service.requests < 40


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads Linux's own account")
def test_what_a_chat_takes_of_memory(trained: Language) -> None:
    cost = long_run.cost_of_chats(trained, itertools.cycle(DIALOGUES), 2)
    assert cost.keys() == {"session_kb", "turn_kb"}


def test_the_first_minutes_after_the_warm_up_are_held_against_the_last(trained: Language) -> None:
    service = long_run.Service(trained)
    service.run(iter(DIALOGUES * 5), seconds=600)
    service.samples = [
        long_run.Sample(60.0 * minute, megabytes, 100.0, 7, 3)
        for minute, megabytes in enumerate([50, 90, 100, 101, 150, 101, 102, 103])
    ]
    found = long_run.summary(service, warm_up=120.0)
    assert found["minutes"] == 7.0
    assert found["rss_mb"] == {"after_warm_up": 100.5, "at_end": 102, "growth_percent": 1.49}
    assert found["open_files"] == {"after_warm_up": 7, "at_end": 7, "growth_percent": 0.0}
    latencies = found["latency_ms"]["dialogue"]
    assert 0 < latencies["p50"] <= latencies["p90"] <= latencies["p99"] <= latencies["max"]


def test_contestants_are_measured_on_the_same_turns(model: str, tmp_path: Path) -> None:
    texts = ["i won", "i won again", "i lost", "i lost again"]
    labels = ["happiness", "happiness", "sadness", "sadness"]
    test = [Dialogue(texts[:3], ["Ann", "Ben", "Ann"], labels[:3])]
    entered = {
        "ours": contestants.casn(model),
        "textcat": contestants.textcat(
            tmp_path / "textcat", (texts, labels), (texts, labels), steps=60, seed=0
        ),
        "vectors": lambda dialogues: [""] * 3,
    }
    found = peers.contest(entered, {"small": test}, 1, lambda line: None)
    assert {found[name]["small"]["turns"] for name in entered} == {3}
    assert all(found[name]["small"]["processor_seconds"] > 0 for name in ("ours", "textcat"))
    assert found["textcat"]["small"]["macro_f"] == 1.0
    assert "macro_f" in found["ours"]["small"]
    assert "macro_f" not in found["vectors"]["small"]


def test_word_lists_give_the_labels_that_they_can() -> None:
    assert [contestants.of_valence(value) for value in (0.05, 0.0, -0.05)] == [
        "happiness",
        "no emotion",
        "sadness",
    ]
    assert contestants.of_counts({"joy": 2, "fear": 1, "trust": 5}) == "happiness"
    assert contestants.of_counts({"trust": 5, "negative": 1}) == "no emotion"


def test_the_chart_of_quality_and_speed_names_all(tmp_path: Path) -> None:
    metrics = srsly.read_json(ROOT / benchmark_report.PEERS)
    quality_speed.draw(metrics, tmp_path / "chart.svg")
    picture = (tmp_path / "chart.svg").read_text(encoding="utf-8")
    assert "VADER (word list)" in picture
    assert "casn_emotion, pretrained" in picture
    assert "DailyDialog, test" in picture
