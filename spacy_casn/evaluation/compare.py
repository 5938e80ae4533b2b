"""Two pipelines on the same dialogues: what differs, how surely, and which turns flipped."""

from pathlib import Path
from typing import Any

import numpy as np
from spacy.tokens import Span

from ..data.dialogue import gold_labels
from ..scoring.bootstrap import difference_intervals
from ..scoring.figures import standard_scores
from ..scoring.labelled_turns import LabelledTurns
from ..storage import strict_json
from ..storage.files import replaced_when_whole
from .evaluate import load_with_examples, predict

FIGURES = (
    "emotion_macro_f",
    "emotion_micro_f",
    "emotion_weighted_f",
    "emotion_mcc",
    "emotion_acc",
    "emotion_f_per_type",
)


def compare(
    first: str,
    second: str,
    data: Path,
    output: Path | None = None,
    *,
    bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Measure two pipelines on the same labelled dialogues.

    Args:
        first: A pipeline's directory or package.
        second: Another one's.
        data: A `.spacy` file or folder of labelled dialogues.
        output: JSON file to write.
        bootstrap: How many times the dialogues are drawn anew for the intervals.
        seed: Of these draws.

    Returns:
        The standard figures of `first` and `second`; `difference_intervals`, the 95 % intervals
        of second minus first, see `bootstrap.difference_intervals`; and `flipped`, the turns
        that one labels rightly and the other wrongly.

    Raises:
        ValueError: no pipeline with `casn_emotion`, pipelines with different groups of spans or
            neutral labels, no labelled dialogues, or a number out of its range.
    """
    if bootstrap < 1 or seed < 0:
        raise ValueError(
            f"`bootstrap` = {bootstrap} must be at least 1, `seed` = {seed} at least 0."
        )
    found: list[list[list[str]]] = []
    kinds = []
    for model in (first, second):
        nlp, pipe, examples = load_with_examples(model, data)
        predict(nlp, examples)
        kinds.append((pipe.spans_key, pipe.neutral_label))
        turns = [list(example.predicted.spans.get(pipe.spans_key, [])) for example in examples]
        found.append([[turn.label_ for turn in dialogue] for dialogue in turns])
    if kinds[0] != kinds[1]:
        raise ValueError(
            f"'{first}' and '{second}' have the spans_key and neutral_label {kinds[0]} and "
            f"{kinds[1]}: compare pipelines that have the same."
        )
    gold = [
        gold_labels(example, dialogue, pipe.spans_key)
        for example, dialogue in zip(examples, turns, strict=True)
    ]
    known = {label for side in found for dialogue in side for label in dialogue}
    before, after = (LabelledTurns.of_labels(gold, side, known=known) for side in found)
    if len(before) == 0:
        raise ValueError(f"'{data}' has no labelled turn to compare on: give a corpus with labels.")
    scores, other_scores = (standard_scores(side, pipe.neutral_label) for side in (before, after))
    result = {
        "models": [first, second],
        "data": str(data),
        "dialogues": len(examples),
        "labelled_turns": len(before),
        "first": {name: scores[name] for name in FIGURES},
        "second": {name: other_scores[name] for name in FIGURES},
        "difference_intervals": difference_intervals(
            before, after, pipe.neutral_label, resamples=bootstrap, seed=seed
        ),
        "flipped": _flipped(before, after, turns),
    }
    if output is not None:
        with replaced_when_whole(output) as temporary:
            strict_json.write(temporary, result)
    return result


def _flipped(
    before: LabelledTurns, after: LabelledTurns, turns: list[list[Span]]
) -> list[dict[str, Any]]:
    """Return the turns that one side labels rightly and the other wrongly."""
    names = [*before.labels, ""]
    rights = before.predicted == before.gold, after.predicted == after.gold
    return [
        {
            "dialogue": int(before.dialogues[row]) + 1,
            "turn": int(before.places[row]) + 1,
            "text": turns[before.dialogues[row]][before.places[row]].text,
            "gold": names[before.gold[row]],
            "first": names[before.predicted[row]],
            "second": names[after.predicted[row]],
        }
        for row in np.flatnonzero(rights[0] != rights[1])
    ]
