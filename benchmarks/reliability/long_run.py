"""Measure a service that annotates without a pause: its memory, open files and latency.

    export ONEDNN_PRIMITIVE_CACHE_CAPACITY=0
    python -m benchmarks.reliability.long_run pretrained --minutes 35
    python -m benchmarks.reliability.long_run fast --corpus corpus/everyday --sessions 1000 \\
        --live 1 --turns 200000 --minutes 90 --warm-up 4 --output metrics/many_sessions.json

One thread. A request is a dialogue of a corpus' test split, in which each turn has a word that
never came before, so that neither the vocabulary nor the cache of vectors has seen it. Every
tenth request, or each, is a live chat instead; so many of them are open at the same time, and each
turn is said in any of these. The first minutes after the warm-up, in which the cache and the
open chats fill, are held against the last. Writes metrics/long_run.json.
"""

import argparse
import math
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
from spacy_casn.compat import FREED_MEMORY
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

SPEAKERS = ("Ann", "Ben")
COUNTED = 20
"""Turns of each chat when it is measured what a chat costs."""
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


class Chat(NamedTuple):
    """A live chat."""

    session: DialogueSession
    to_come: list[str]
    """Its turns that haven't been said yet, the next one last."""


class Service:
    """Answers requests, and keeps what they took.

    Args:
        nlp: The pipeline.
        live: Requests of which one is a live chat.
        sessions: Live chats that are open at the same time, once so many have come.
        seed: Chooses the chat that goes on.
    """

    def __init__(self, nlp: Language, *, live: int = 10, sessions: int = 1, seed: int = 0) -> None:
        self.nlp = nlp
        self.live = live
        self.sessions = sessions
        self.requests = self.turns = 0
        self.open: list[Chat] = []
        self._draw = random.Random(seed)
        self.samples: list[Sample] = []
        self.milliseconds = {"dialogue": array("d"), "live turn": array("d")}

    def run(
        self,
        requests: Iterator[list[str]],
        *,
        seconds: float,
        turns: float = math.inf,
        every: float = 10.0,
    ) -> None:
        """Serve one request after the other.

        Args:
            requests: The turns of each.
            seconds: When to stop.
            turns: After how many to stop, if that is sooner.
            every: Seconds between two samples.
        """
        start = time.perf_counter()
        for texts in requests:
            self.requests += 1
            if self.requests % self.live:
                self._annotate(texts)
            else:
                self._chat(texts)
            now = time.perf_counter() - start
            if now >= every * len(self.samples):
                self.samples.append(sample(now))
            if now >= seconds or self.turns >= turns:
                return

    def _annotate(self, texts: list[str]) -> None:
        start = time.perf_counter()
        speakers = [SPEAKERS[number % 2] for number in range(len(texts))]
        with self.nlp.memory_zone():
            doc = self.nlp(make_dialogue(self.nlp, texts, speakers=speakers))
            _ = [turn.label_ for turn in doc.spans["turns"]]
        self.turns += len(texts)
        self.milliseconds["dialogue"].append(1000 * (time.perf_counter() - start))

    def _chat(self, texts: list[str]) -> None:
        self.open.append(Chat(DialogueSession(self.nlp), texts[::-1]))
        while len(self.open) == self.sessions:
            number = self._draw.randrange(self.sessions)
            session, to_come = self.open[number]
            start = time.perf_counter()
            session.add(SPEAKERS[len(to_come) % 2], to_come.pop())
            self.turns += 1
            self.milliseconds["live turn"].append(1000 * (time.perf_counter() - start))
            if not to_come:
                del self.open[number]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A pipeline's directory or package, or 'pretrained'.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument("--minutes", type=float, default=35.0)
    parser.add_argument("--turns", type=float, default=math.inf, help="Stop after so many.")
    parser.add_argument("--live", type=int, default=10, help="Requests of which one is a chat.")
    parser.add_argument("--sessions", type=int, default=1, help="Chats open at the same time.")
    parser.add_argument("--warm-up", type=float, default=5.0, help="Minutes that don't count.")
    parser.add_argument("--cache-size", type=int, default=2000, help="Turns; full when warm.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("metrics", "long_run.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    nlp, pipe = load_pipeline(args.model)
    if isinstance(pipe.utterance_encoder, SentenceEncoder):
        pipe.utterance_encoder.cache.capacity = args.cache_size
    examples = DialogueCorpus(args.corpus / "test.spacy")(nlp)
    dialogues = [[turn.text for turn in example.reference.spans["turns"]] for example in examples]
    requests = renewed(dialogues, args.seed)
    cost = cost_of_chats(nlp, requests, args.sessions) if args.sessions > 1 else {}
    service = Service(nlp, live=args.live, sessions=args.sessions, seed=args.seed)
    warm_up = 60 * args.warm_up
    service.run(requests, seconds=60 * args.minutes, turns=args.turns, every=warm_up / 30)
    metrics = {
        "model": args.model,
        **machine(),
        "seed": args.seed,
        "cached_turns": args.cache_size,
        PRIMITIVES.lower(): os.environ.get(PRIMITIVES),
        "sessions": args.sessions,
        **cost,
        **summary(service, warm_up=warm_up),
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


def cost_of_chats(nlp: Language, requests: Iterator[list[str]], sessions: int) -> dict[str, float]:
    """What an open chat takes of memory, and each of its turns, which it keeps with its scores.

    So many chats are opened and grow twice by as many turns: the first time more than the context
    encoder looks back.
    """
    turns = (turn for texts in requests for turn in texts)
    chats = [DialogueSession(nlp) for _ in range(sessions)]
    chats[0].add("", next(turns))  # loads the encoder
    FREED_MEMORY.give_back()
    private_mb = [sample(0).private_mb]
    for _ in range(2):
        for chat in chats:
            for speaker, text in zip(SPEAKERS * (COUNTED // 2), turns, strict=False):
                chat.add(speaker, text)
        private_mb.append(sample(0).private_mb)
    before, once, twice = private_mb
    a_turn = 1000 * (twice - once) / sessions / COUNTED
    return {
        "turn_kb": round(a_turn, 2),
        "session_kb": round(1000 * (once - before) / sessions - COUNTED * a_turn, 1),
    }


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
            if values
        },
        **{name: course(name) for name in Sample._fields[1:]},
    }


if __name__ == "__main__":
    main()
