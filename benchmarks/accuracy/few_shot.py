"""Measure labels that are learned from a few examples each, on a label set of another corpus.

    python -m benchmarks.accuracy.few_shot pretrained corpus/meld

From the train split, so many turns a label are drawn and become the labels' prototypes; then
every test turn gets the nearest one. The same draws are taken with the sentence encoder's own
vectors, which know neither context nor emotions. Writes metrics/few_shot.json.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from spacy_casn.data.types import Vectors
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.pipeline.learned_labels import LearnedLabels
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.scoring.figures import standard_scores
from spacy_casn.scoring.labelled_turns import LabelledTurns
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

SHOTS = (1, 5, 10, 50)
FIGURES = ("emotion_macro_f", "emotion_micro_f", "emotion_weighted_f", "emotion_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A trained pipeline, directory or package.")
    parser.add_argument("corpus", type=Path, help="Folder with train.spacy and test.spacy.")
    parser.add_argument("--neutral", default="neutral", help="The corpus' neutral label.")
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--output", type=Path, default=Path("metrics", "few_shot.json"))
    args = parser.parse_args()

    nlp, pipe = load_pipeline(args.model)
    splits = {}
    for split in ("train", "test"):
        examples = DialogueCorpus(args.corpus / f"{split}.spacy")(nlp)
        docs = [example.reference for example in examples]
        pipe.encode_turns(docs)
        gold = [turn.label_ for doc in docs for turn in doc.spans[pipe.spans_key]]
        splits[split] = (gold, vectors_of(pipe, docs))
    train_gold, train = splits["train"]
    test_gold, test = splits["test"]
    labels = sorted(set(train_gold) - {""})
    rows_of = {
        label: [row for row, gold in enumerate(train_gold) if gold == label] for label in labels
    }
    results: list[dict[str, Any]] = []
    for shots in SHOTS:
        for draw in range(args.draws):
            random = np.random.default_rng(draw)
            rows = np.concatenate(
                [random.choice(rows_of[label], size=shots, replace=False) for label in labels]
            )
            classes = np.repeat(np.arange(len(labels)), shots).tolist()
            for name in train:
                learned = LearnedLabels.learn(labels, train[name][rows], classes)
                best = learned.logits(test[name]).argmax(axis=1)
                predicted = [labels[number] for number in best]
                turns = LabelledTurns.of_labels([test_gold], [predicted])
                scores = standard_scores(turns, args.neutral)
                figures = {figure: scores[figure] for figure in FIGURES}
                results.append({"vectors": name, "shots": shots, "draw": draw, **figures})
    metrics = {
        "model": args.model,
        "trained_labels": list(pipe.trained_labels),
        "corpus": str(args.corpus),
        "labels": labels,
        "draws": args.draws,
        "results": results,
        "means": means(results),
    }
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def vectors_of(pipe: CasnEmotion, docs: list) -> dict[str, Vectors]:
    """The vectors of all turns: those of the pipeline, and its sentence encoder's own."""
    encoder = pipe.utterance_encoder
    turns = [turn.text for doc in docs for turn in doc.spans[pipe.spans_key]]
    return {
        "casn": np.concatenate(list(pipe.turn_vectors(docs))),
        "untrained": encoder.encode(turns),
    }


def means(results: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mean and standard deviation over the draws."""
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for result in results:
        groups.setdefault((result["vectors"], result["shots"]), []).append(result)
    return [
        {
            "vectors": vectors,
            "shots": shots,
            **{
                figure: {
                    "mean": float(np.mean([result[figure] for result in group])),
                    "sd": float(np.std([result[figure] for result in group], ddof=1)),
                }
                for figure in FIGURES
            },
        }
        for (vectors, shots), group in groups.items()
    ]


if __name__ == "__main__":
    main()
