"""Quality beside speed: our pipelines, and what else a user would pick, on the same test splits.

    python -m benchmarks.accuracy.peers --pipelines pretrained fast

Extra `benchmark`. textcat learns from the corpora that the default pipeline learned from
(`project run joint` makes them), and is kept in `training/peers`, so that it is trained once.
All run on one thread in this process and take turns, round after round; a turn's price is the
processor seconds of the cheapest round. A corpus that isn't there is left out, and named.
Writes metrics/peers.json; `benchmark_report.py` makes the table and the chart of it.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import spacy
import srsly
import torch
from spacy.language import Language
from spacy.training import Example
from wasabi import msg

from benchmarks.accuracy import contestants
from benchmarks.accuracy.contestants import NEUTRAL, Contestant, Dialogue, Dialogues, Texts
from benchmarks.accuracy.pretrained import SPLITS, read_test
from benchmarks.common import machine
from spacy_casn.data.dialogue import SPANS_KEY
from spacy_casn.encoders.source import find_encoder
from spacy_casn.scoring.figures import standard_scores
from spacy_casn.scoring.labelled_turns import LabelledTurns
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.joint import JointCorpus

OUTPUT = Path("metrics", "peers.json")
LEARNED = ("everyday", "goemotions", "xed", "brighter")
"""What the default pipeline was trained on."""
PACKAGES = ("spacy", "vaderSentiment", "NRCLex", "sentence-transformers")
AT_LEAST = 0.5
"""Processor seconds that a round measures, at least."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipelines", nargs="+", default=["pretrained"])
    parser.add_argument("--corpora", type=Path, default=Path("corpus"))
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--trained", type=Path, default=Path("training", "peers"))
    parser.add_argument("--steps", type=int, default=10_000, help="Of textcat's training, at most.")
    parser.add_argument("--seed", type=int, default=0, help="Of textcat's training.")
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    torch.set_num_threads(1)
    nlp = spacy.blank("en")
    tests = {}
    for corpus in SPLITS:
        if (examples := read_test(args.corpora, corpus, nlp)) is not None:
            tests[corpus] = [dialogue_of(example) for example in examples]
    taught, dev = (texts(args.corpora, split, nlp) for split in ("train", "dev"))
    entered = {name: contestants.casn(name) for name in args.pipelines} | {
        "raw": contestants.raw_encoder(find_encoder(args.encoder)),
        "textcat": contestants.textcat(
            args.trained / "textcat", taught, dev, steps=args.steps, seed=args.seed
        ),
        "vader": contestants.vader(),
        "nrclex": contestants.nrclex(),
    }
    measured = {
        **machine(),
        "packages": {name: version(name) for name in PACKAGES},
        "seed": args.seed,
        "steps": args.steps,
        "rounds": args.rounds,
        "taught_turns": len(taught[0]),
        "contestants": contest(entered, tests, args.rounds, msg.text),
    }
    with replaced_when_whole(OUTPUT) as temporary:
        srsly.write_json(temporary, measured)


def contest(
    entered: Mapping[str, Contestant],
    tests: Mapping[str, Dialogues],
    rounds: int,
    tell: Callable[[str], Any],
) -> dict[str, dict[str, dict[str, float]]]:
    """Let the contestants take turns; by contestant and corpus, how good and how fast they are."""
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in entered}
    for label in entered.values():
        label([Dialogue(["Hello!", "Oh no."], ["", ""], ["", ""])])  # what is only done once
    for number in range(rounds):
        for corpus, dialogues in tests.items():
            for name, label in entered.items():
                labels, spent = timed(label, dialogues)
                best = found[name].setdefault(corpus, quality(dialogues, labels) | spent)
                if spent["processor_seconds"] < best["processor_seconds"]:
                    best |= spent
                speed = best["turns"] / best["processor_seconds"]
                tell(f"{number + 1}/{rounds} {corpus}, {name}: {speed:,.0f} turns/s")
    return found


def timed(label: Contestant, dialogues: Dialogues) -> tuple[list[str], dict[str, float]]:
    """The labels, and the seconds that one pass over the dialogues takes."""
    passes = 0
    seconds, processor = time.perf_counter(), time.process_time()
    while passes == 0 or time.process_time() - processor < AT_LEAST:
        labels = label(dialogues)
        passes += 1
    spent = time.perf_counter() - seconds, time.process_time() - processor
    whole, own = (each / passes for each in spent)
    return labels, {"processor_seconds": own, "seconds": whole}


def quality(dialogues: Dialogues, labels: list[str]) -> dict[str, float]:
    """Macro-F, micro-F and MCC where there are labels, and the number of turns."""
    turns = {"turns": len(labels)}
    if not any(labels):
        return turns
    rest = iter(labels)
    predicted = [[next(rest) for _ in dialogue.turns] for dialogue in dialogues]
    table = LabelledTurns.of_labels([dialogue.labels for dialogue in dialogues], predicted)
    scores = standard_scores(table, NEUTRAL)
    return turns | {name: scores[f"emotion_{name}"] for name in ("macro_f", "micro_f", "mcc")}


def dialogue_of(example: Example) -> Dialogue:
    """The gold turns of an example."""
    group = example.reference.spans[SPANS_KEY]
    rows = [(turn.text, turn.id_, turn.label_) for turn in group]
    return Dialogue(*map(list, zip(*rows, strict=True)))


def texts(corpora: Path, split: str, nlp: Language) -> Texts:
    """The labelled turns that the default pipeline learned from, each by itself."""
    examples = JointCorpus({name: corpora / name for name in LEARNED}, split)(nlp)
    turns = [turn for each in examples for turn in each.reference.spans[SPANS_KEY] if turn.label_]
    return [turn.text for turn in turns], [turn.label_ for turn in turns]


if __name__ == "__main__":
    main()
