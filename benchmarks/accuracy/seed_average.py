"""Measure what averaging the probabilities of several pipelines would bring.

    python -m benchmarks.accuracy.seed_average training/study/ce-{0,1,2}/model-best

Each pipeline labels dev and test by itself, and then all of them together, by the mean of their
probabilities. With `--weights`, for pipelines that began with the same weights, a further one has
the mean of their weights (Wortsman et al. 2022, "Model soups"), and costs no more than each.
Writes metrics/dailydialog/seed_average.json.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import srsly

from spacy_casn.data.types import Vectors
from spacy_casn.evaluation.averaging import average
from spacy_casn.evaluation.evaluate import load_with_examples, predict
from spacy_casn.scoring.figures import standard_scores
from spacy_casn.scoring.labelled_turns import LabelledTurns, labelled_turns
from spacy_casn.storage.files import replaced_when_whole

FIGURES = ("emotion_macro_f", "emotion_micro_f", "emotion_weighted_f", "emotion_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "models", nargs="+", help="Pipelines with the same labels, as a recipe of several seeds."
    )
    parser.add_argument("--weights", action="store_true", help="Average the weights too.")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    parser.add_argument(
        "--output", type=Path, default=Path("metrics", "dailydialog", "seed_average.json")
    )
    args = parser.parse_args()
    metrics: dict[str, Any] = {"models": args.models}
    with TemporaryDirectory() as folder:
        if args.weights:
            average(args.models, Path(folder))
        for split in ("dev", "test"):
            data = args.corpus / f"{split}.spacy"
            found = [scored(model, data) for model in args.models]
            neutral, turns = found[0]
            scores = [one.scores for _, one in found]
            metrics[split] = {
                "each": [figures(turns, rows, neutral) for rows in scores],
                "average": figures(turns, np.mean(scores, axis=0), neutral),
            }
            if args.weights:
                _, one = scored(folder, data)
                metrics[split]["mean_weights"] = figures(turns, one.scores, neutral)
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def scored(model: str, data: Path) -> tuple[str, LabelledTurns]:
    """A pipeline's neutral label, and the labelled turns with its probabilities."""
    nlp, pipe, examples = load_with_examples(model, data)
    predict(nlp, examples)
    return pipe.neutral_label, labelled_turns(examples, pipe.spans_key)


def figures(turns: LabelledTurns, scores: Vectors, neutral: str) -> dict[str, float]:
    """The standard protocol's figures of the most probable labels."""
    found = standard_scores(replace(turns, scores=scores, predicted=scores.argmax(axis=1)), neutral)
    return {name: found[name] for name in FIGURES}


if __name__ == "__main__":
    main()
