"""Measure what a turn of a live dialogue costs.

    python -m benchmarks.speed.live_session pretrained fast --corpus corpus/dailydialog

One thread, no cache of vectors. Three ways to say the same turn take turns: as about the tenth
turn of a session, as about the thousandth of another, and encoded alone without any session.
Writes metrics/live_session.json, by model.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import srsly
import torch

from benchmarks.common import machine
from spacy_casn import DialogueSession
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

SPEAKERS = ("Ann", "Ben")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", help="Pipelines, as `spacy_casn.load` takes them.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--turns", type=int, default=200, help="Turns to measure.")
    parser.add_argument("--output", type=Path, default=Path("metrics", "live_session.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)
    metrics = srsly.read_json(args.output) if args.output.exists() else {}
    for model in args.models:
        metrics[model] = {**machine(), **measure(model, args.corpus, args.turns)}
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def measure(model: str, corpus: Path, turns: int) -> dict[str, Any]:
    """What so many turns of the test split cost with a pipeline."""
    nlp, pipe = load_pipeline(model)
    encoder = pipe.utterance_encoder
    if isinstance(encoder, SentenceEncoder):
        encoder.cache.capacity = 0
    examples = DialogueCorpus(corpus / "test.spacy", limit=500)(nlp)
    texts = [turn.text for example in examples for turn in example.reference.spans["turns"]]
    long = session_of(nlp, texts[: 1000 - turns // 2])
    seconds: dict[str, list[float]] = {"tenth": [], "thousandth": [], "alone": []}
    for number, text in enumerate(texts[1000 : 1000 + turns]):
        short = session_of(nlp, texts[number : number + 9])
        speaker = SPEAKERS[number % 2]
        seconds["tenth"].append(timed(lambda: short.add(speaker, text)))  # noqa: B023
        seconds["thousandth"].append(timed(lambda: long.add(speaker, text)))  # noqa: B023
        seconds["alone"].append(timed(lambda: encoder.encode([text])))  # noqa: B023
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    return {
        "turns": turns,
        "median_ms": {name: round(1000 * value, 3) for name, value in medians.items()},
        "thousandth_over_tenth": round(ratio(seconds["thousandth"], seconds["tenth"]), 3),
        "turn_over_encoding": round(ratio(seconds["thousandth"], seconds["alone"]), 3),
    }


def session_of(nlp, texts: list[str]) -> DialogueSession:
    """A session that has heard these turns."""
    session = DialogueSession(nlp)
    for number, text in enumerate(texts):
        session.add(SPEAKERS[number % 2], text)
    return session


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def ratio(numerators: list[float], denominators: list[float]) -> float:
    """Median of the ratios of measurements that were made next to each other."""
    return statistics.median(a / b for a, b in zip(numerators, denominators, strict=True))


if __name__ == "__main__":
    main()
