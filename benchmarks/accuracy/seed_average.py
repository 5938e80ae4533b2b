"""Measure what averaging the probabilities of several pipelines would bring.

    python -m benchmarks.accuracy.seed_average training/study/ce-{0,1,2}/model-best

Each pipeline labels dev and test by itself, and then all of them together, by the mean of their
probabilities. Writes metrics/dailydialog/seed_average.json.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from spacy_casn.data.dialogue import gold_labels
from spacy_casn.evaluation.evaluate import load_with_examples
from spacy_casn.scoring.scorer import Vectors, standard_scores
from spacy_casn.storage.files import replaced_when_whole

FIGURES = ("emotion_macro_f", "emotion_micro_f", "emotion_weighted_f", "emotion_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "models", nargs="+", help="Pipelines with the same labels, as a recipe of several seeds."
    )
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument(
        "--output", type=Path, default=Path("metrics", "dailydialog", "seed_average.json")
    )
    args = parser.parse_args()
    metrics: dict[str, Any] = {"models": args.models}
    for split in ("dev", "test"):
        data = args.corpus / f"{split}.spacy"
        found = [probabilities(model, data) for model in args.models]
        labels, neutral, gold, _ = found[0]
        scores = [rows for *_, rows in found]
        metrics[split] = {
            "each": [figures(labels, neutral, gold, rows) for rows in scores],
            "average": figures(labels, neutral, gold, np.mean(scores, axis=0)),
        }
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def probabilities(model: str, data: Path) -> tuple[tuple[str, ...], str, list[str], Vectors]:
    """A pipeline's labels and neutral label, and the gold label and scores of each turn."""
    nlp, pipe, examples = load_with_examples(model, data)
    gold: list[str] = []
    rows: list[Vectors] = []
    docs = nlp.pipe(example.predicted for example in examples)
    for example, doc in zip(examples, docs, strict=True):
        turns = doc.spans[pipe.spans_key]
        gold += gold_labels(example, list(turns), pipe.spans_key)
        rows.append(turns.attrs["scores"])
    return pipe.labels, pipe.neutral_label, gold, np.concatenate(rows)


def figures(
    labels: tuple[str, ...], neutral: str, gold: list[str], scores: Vectors
) -> dict[str, float]:
    """The standard protocol's figures of the most probable labels."""
    predicted = [labels[best] for best in scores.argmax(axis=1)]
    labelled = [pair for pair in zip(gold, predicted, strict=True) if pair[0]]
    found = standard_scores(*zip(*labelled, strict=True), neutral)
    return {name: found[name] for name in FIGURES}


if __name__ == "__main__":
    main()
