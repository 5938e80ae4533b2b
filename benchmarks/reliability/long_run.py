"""Measure a service that annotates without a pause: its memory, open files and latency.

    export ONEDNN_PRIMITIVE_CACHE_CAPACITY=0
    python -m benchmarks.reliability.long_run pretrained --minutes 35

One thread. A request is a dialogue of DailyDialog's test split, in which each turn has a word
that never came before, so that neither the vocabulary nor the cache of vectors has seen it. Every
tenth request is a live chat instead. The first minutes after the warm-up, in which the cache
fills, are held against the last. Writes metrics/long_run.json.
"""

import argparse
import os
import random
import resource
import statistics
import string
import time
from array import array
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import srsly
import torch
from spacy.language import Language

from benchmarks.common import machine
from spacy_casn import DialogueSession, make_dialogue
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

SPEAKERS = ("Ann", "Ben")
LIVE = 10
"""Requests of which one is a live chat."""
PERCENTILES = {"p50": 50, "p90": 90, "p99": 99, "max": 100}
PRIMITIVES = "ONEDNN_PRIMITIVE_CACHE_CAPACITY"


class Sample(NamedTuple):
    """The state of this process so many seconds after the service has begun."""

    seconds: float
    rss_mb: float
    private_mb: float
    """What no file on disk backs: such pages the system can drop and read again as it likes."""
    open_files: int
    os_threads: int


class Service:
    """Answers requests, and keeps what they took.

    Args:
        nlp: The pipeline.
    """

    def __init__(self, nlp: Language) -> None:
        self.nlp = nlp
        self.requests = self.turns = 0
        self.samples: list[Sample] = []
        self.milliseconds = {"dialogue": array("d"), "live turn": array("d")}

    def run(self, requests: Iterator[list[str]], *, seconds: float, every: float = 10.0) -> None:
        """Serve one request after the other.

        Args:
            requests: The turns of each.
            seconds: When to stop.
            every: Seconds between two samples.
        """
        start = time.perf_counter()
        for texts in requests:
            self.requests += 1
            self.turns += len(texts)
            if self.requests % LIVE:
                self._annotate(texts)
            else:
                self._chat(texts)
            now = time.perf_counter() - start
            if now >= every * len(self.samples):
                self.samples.append(sample(now))
            if now >= seconds:
                return

    def _annotate(self, texts: list[str]) -> None:
        start = time.perf_counter()
        speakers = [SPEAKERS[number % 2] for number in range(len(texts))]
        with self.nlp.memory_zone():
            doc = self.nlp(make_dialogue(self.nlp, texts, speakers=speakers))
            _ = [turn.label_ for turn in doc.spans["turns"]]
        self.milliseconds["dialogue"].append(1000 * (time.perf_counter() - start))

    def _chat(self, texts: list[str]) -> None:
        session = DialogueSession(self.nlp)
        for number, text in enumerate(texts):
            start = time.perf_counter()
            session.add(SPEAKERS[number % 2], text)
            self.milliseconds["live turn"].append(1000 * (time.perf_counter() - start))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A pipeline's directory or package, or 'pretrained'.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--minutes", type=float, default=35.0)
    parser.add_argument("--warm-up", type=float, default=5.0, help="Minutes that don't count.")
    parser.add_argument("--cache-size", type=int, default=2000, help="Turns; full when warm.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("metrics", "long_run.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    nlp, pipe = load_pipeline(args.model)
    pipe.utterance_encoder.cache.capacity = args.cache_size
    examples = DialogueCorpus(args.corpus / "test.spacy")(nlp)
    dialogues = [[turn.text for turn in example.reference.spans["turns"]] for example in examples]
    service = Service(nlp)
    service.run(renewed(dialogues, args.seed), seconds=60 * args.minutes)
    metrics = {
        "model": args.model,
        **machine(),
        "seed": args.seed,
        "cached_turns": args.cache_size,
        PRIMITIVES.lower(): os.environ.get(PRIMITIVES),
        **summary(service, warm_up=60 * args.warm_up),
    }
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def renewed(dialogues: list[list[str]], seed: int) -> Iterator[list[str]]:
    """Dialogues without end, a new word in each turn."""
    rng = random.Random(seed)
    while True:
        yield [with_new_word(turn, rng) for turn in rng.choice(dialogues)]


def with_new_word(turn: str, rng: random.Random) -> str:
    """The turn with a word of ten random letters in the place of one of its own."""
    words = turn.split(" ")
    words[rng.randrange(len(words))] = "".join(rng.choices(string.ascii_lowercase, k=10))
    return " ".join(words)


def sample(seconds: float) -> Sample:
    """This process as it is now, by Linux's account."""
    own = Path("/proc/self")
    _, resident, shared, *_ = map(int, (own / "statm").read_text(encoding="ascii").split())
    page = resource.getpagesize() / 1e6
    open_files, os_threads = (len(list((own / name).iterdir())) for name in ("fd", "task"))
    return Sample(seconds, resident * page, (resident - shared) * page, open_files, os_threads)


def summary(service: Service, *, warm_up: float) -> dict[str, Any]:
    """The figures of a run.

    Args:
        service: What has run.
        warm_up: Seconds that don't count; medians are taken over as many at either end.
    """
    samples = service.samples
    end = samples[-1].seconds
    first = [each for each in samples if warm_up <= each.seconds < 2 * warm_up]
    last = [each for each in samples if each.seconds >= end - warm_up]

    def course(name: str) -> dict[str, float]:
        before, after = (
            statistics.median(getattr(each, name) for each in part) for part in (first, last)
        )
        growth = 100 * (after / before - 1)
        return {
            "after_warm_up": round(before, 1),
            "at_end": round(after, 1),
            "growth_percent": round(growth, 2),
        }

    return {
        "minutes": round(end / 60, 1),
        "warm_up_minutes": round(warm_up / 60, 1),
        "requests": service.requests,
        "turns": service.turns,
        "turns_per_second": round(service.turns / end, 1),
        "latency_ms": {
            name: {
                key: round(float(np.percentile(values, percent)), 1)
                for key, percent in PERCENTILES.items()
            }
            for name, values in service.milliseconds.items()
        },
        **{name: course(name) for name in Sample._fields[1:]},
    }


if __name__ == "__main__":
    main()
