"""Measure how much of the figures on test comes from dialogues that also stand in train.

    python -m benchmarks.accuracy.leaked_dialogues corpus/dailydialog \
        training/study/{ce,finetune,leakfree-ce,leakfree-finetune}-{0,1,2}/model-best

Each pipeline labels the test split once. The standard figures are then taken apart for the
dialogues that also stand in the corpus' train split word for word, for those that nearly do (see
`casn audit`), and for the new ones. Writes metrics/dailydialog/leaked_dialogues.json.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import srsly

from spacy_casn.corpora.audit import audit
from spacy_casn.evaluation.evaluate import load_with_examples, predict
from spacy_casn.scoring.figures import confusions_by_dialogue, emotional, standard_figures
from spacy_casn.scoring.labelled_turns import labelled_turns
from spacy_casn.storage.files import replaced_when_whole

FIGURES = ("emotion_macro_f", "emotion_micro_f", "emotion_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("corpus", type=Path, help="Folder with train.spacy and test.spacy.")
    parser.add_argument("models", type=Path, nargs="+", help="The study's RUN-SEED/model-best.")
    parser.add_argument(
        "--output", type=Path, default=Path("metrics", "dailydialog", "leaked_dialogues.json")
    )
    args = parser.parse_args()
    groups = leaked(args.corpus)
    runs: dict[str, Any] = {}
    for model in args.models:
        run, _, seed = model.parent.name.rpartition("-")
        runs.setdefault(run, {})[seed] = figures(model, args.corpus / "test.spacy", groups)
    dialogues = {name: len(rows) for name, rows in groups.items()}
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, {"dialogues": dialogues, "runs": runs})


def leaked(corpus: Path) -> dict[str, list[int]]:
    """Places in test of its new dialogues, and of those that stand in train, nearly or wholly."""
    test = audit(corpus).splits["test"]
    found = {
        "nearly in train": places(test.nearly_repeated["train"]),
        "in train": places(test.repeated["train"]),
    }
    old = {row for rows in found.values() for row in rows}
    return {"new": [row for row in range(test.dialogues) if row not in old], **found}


def places(numbers: Iterable[int]) -> list[int]:
    """Numbers that count from 1, counted from 0."""
    return [number - 1 for number in numbers]


def figures(model: Path, data: Path, groups: dict[str, list[int]]) -> dict[str, dict[str, float]]:
    """A pipeline's standard figures of each group of dialogues, and of all."""
    nlp, pipe, examples = load_with_examples(str(model), data)
    predict(nlp, examples)
    turns = labelled_turns(examples, pipe.spans_key)
    counts = confusions_by_dialogue(turns)
    emotions = emotional(turns.labels, pipe.neutral_label)
    found = {}
    for name, rows in {**groups, "all": np.arange(len(examples))}.items():
        values = standard_figures(counts[rows].sum(axis=0), emotions)
        found[name] = {figure: float(values[figure]) for figure in FIGURES}
    return found


if __name__ == "__main__":
    main()
