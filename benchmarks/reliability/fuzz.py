"""Feed the package with hostile text, and count the crashes and the turns that get lost.

    python -m benchmarks.reliability.fuzz --inputs 100000 --seed 0

An input is one dialogue of hostile turns, see tests/hostile/text.py, that goes through one
target, see tests/hostile/targets.py: all its turns must come out, in order. The slow targets get
few of the inputs. Each target also gets a turn of a megabyte and 10,000 empty turns. Writes
metrics/fuzz.json.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import srsly
import torch
from tqdm import tqdm

from benchmarks.common import machine
from spacy_casn.storage.files import replaced_when_whole
from tests.hostile.targets import ROUTES, Dialogue, LostTurnError, Targets
from tests.hostile.text import Said, random_dialogue

BATCH = 200
"""Dialogues that go into one file."""
SHARES = {
    "make_dialogue": 0.4,
    "getter": 0.3,
    "convert": 0.1,
    "render": 0.08,
    "annotate": 0.08,
    "session": 0.04,
}
FIGURES = ("inputs", "turns", "refused", "crashes", "lost")
KEPT = 20
"""Failures of which the metrics tell."""
LARGE: tuple[Dialogue, ...] = (
    [Said("Ann", "(" * 1_000_000), Said("Ben", "Oh.")],
    [Said("", "Ann: \U0001f469\u200d\U0001f467 <b>\u202e\x00 " * 60_000)],
    [Said("", "")] * 10_000,
)
Check = Callable[[Sequence[Dialogue]], int]


@dataclass
class Tally:
    """What became of a target's inputs.

    Args:
        inputs: Dialogues.
        turns: Their turns.
        refused: Dialogues with a name that can't stand before a colon, as documented.
        crashes: Dialogues that raised something else.
        lost: Dialogues that came out with a turn missing, changed or out of place.
        seconds: What all that took.
        failures: The first of the crashes and losses: target, error and input.
    """

    inputs: int = 0
    turns: int = 0
    refused: int = 0
    crashes: int = 0
    lost: int = 0
    seconds: float = 0.0
    failures: list[dict[str, str]] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=100_000, help="Dialogues, beside the large.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=Path("metrics", "fuzz.json"))
    args = parser.parse_args()
    torch.set_num_threads(1)

    start = time.perf_counter()
    with TemporaryDirectory() as folder:
        targets = Targets(Path(folder))
        checks: dict[str, list[Check]] = {
            "make_dialogue": [targets.make_dialogue],
            "getter": [targets.getter],
            "convert": [partial(targets.convert, ending) for ending in ("jsonl", "csv")],
            "render": [targets.render],
            "annotate": [partial(targets.annotate, *route) for route in ROUTES],
            "session": [targets.session],
        }
        tallies = {}
        for name, share in SHARES.items():
            random = Random(f"{args.seed} {name}")
            batches = make_batches(random, round(share * args.inputs))
            tallies[name] = feed(checks[name], batches, name)
    by_target = {name: figures(tally) for name, tally in tallies.items()}
    failures = [failure for tally in tallies.values() for failure in tally.failures]
    metrics = {
        "seed": args.seed,
        **machine(),
        **{name: sum(found[name] for found in by_target.values()) for name in FIGURES},
        "seconds": round(time.perf_counter() - start),
        "targets": by_target,
        "failures": failures[:KEPT],
    }
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def make_batches(random: Random, inputs: int) -> Iterator[list[Dialogue]]:
    """The large dialogues one by one, then so many others, made at random."""
    yield from ([dialogue] for dialogue in LARGE)
    for start in range(0, inputs, BATCH):
        yield [random_dialogue(random) for _ in range(min(BATCH, inputs - start))]


def feed(checks: Sequence[Check], batches: Iterator[list[Dialogue]], name: str) -> Tally:
    """Give each batch to the next of the checks; the large ones all go to the first."""
    tally = Tally()
    start = time.perf_counter()
    for number, batch in enumerate(tqdm(batches, desc=name, unit=" batches")):
        tally.inputs += len(batch)
        tally.turns += sum(map(len, batch))
        place = max(0, number - len(LARGE)) % len(checks)
        try_out(checks[place], batch, tally, name)
    tally.seconds = time.perf_counter() - start
    return tally


def try_out(check: Check, dialogues: Sequence[Dialogue], tally: Tally, name: str) -> None:
    """Count what becomes of dialogues; where some fail, they are halved to find out which."""
    try:
        tally.refused += check(dialogues)
    except Exception as error:  # whatever it is, it is what the run is for
        if len(dialogues) > 1:
            failed = tally.crashes + tally.lost
            middle = len(dialogues) // 2
            try_out(check, dialogues[:middle], tally, name)
            try_out(check, dialogues[middle:], tally, name)
            if tally.crashes + tally.lost > failed:
                return
        if isinstance(error, LostTurnError):
            tally.lost += 1
        else:
            tally.crashes += 1
        if len(tally.failures) < KEPT:
            told = {"error": repr(error)[:2000], "input": repr(dialogues)[:2000]}
            tally.failures.append({"target": name, **told})


def figures(tally: Tally) -> dict[str, int]:
    """All but the failures."""
    return {**{name: getattr(tally, name) for name in FIGURES}, "seconds": round(tally.seconds)}


if __name__ == "__main__":
    main()
