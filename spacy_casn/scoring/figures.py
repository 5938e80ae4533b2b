"""From a confusion matrix to the figures of the standard protocol, each computed here alone."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .calibration import calibration_error
from .labelled_turns import Classes, LabelledTurns

Counts = NDArray[np.int64]
Figures = NDArray[np.float64]


class LabelFigures(NamedTuple):
    """Figures of each label, arrays (..., labels); 0 where nothing is to be counted."""

    precision: Figures
    recall: Figures
    f: Figures
    support: Figures
    """Turns that have it as gold label."""
    guessed: Figures
    """Turns that were given it."""


class Confusion(NamedTuple):
    """How often turns of a gold label (row) were given a label (column)."""

    labels: list[str]
    """Of the rows."""
    predicted: list[str]
    """Of the columns; last of all "", if some turns were left without label."""
    counts: list[list[int]]


def count_confusions(gold: Classes, predicted: Classes, n_labels: int) -> Counts:
    """Count the turns of each gold label by the label that they were given.

    Args:
        gold: (turns,).
        predicted: (turns,), `n_labels` for a turn left without label.
        n_labels: How many labels there are.

    Returns:
        (labels, labels + 1): rows are gold labels; the last column counts turns left without.
    """
    cells = np.bincount(gold * (n_labels + 1) + predicted, minlength=n_labels * (n_labels + 1))
    return cells.reshape(n_labels, n_labels + 1)


def confusions_by_dialogue(turns: LabelledTurns) -> Counts:
    """Count as `count_confusions` does, in each dialogue, (dialogues, labels, labels + 1)."""
    n_labels = len(turns.labels)
    counts = np.zeros((turns.n_dialogues, n_labels, n_labels + 1), np.int64)
    np.add.at(counts, (turns.dialogues, turns.gold, turns.predicted), 1)
    return counts


def confusion(turns: LabelledTurns) -> Confusion:
    """Lay the confusion matrix out as a table."""
    counts = count_confusions(turns.gold, turns.predicted, len(turns.labels))
    labels = list(turns.labels)
    if counts[:, -1].any():
        return Confusion(labels, [*labels, ""], counts.tolist())
    return Confusion(labels, labels, counts[:, :-1].tolist())


def label_figures(counts: NDArray) -> LabelFigures:
    """Take the figures of each label from confusion matrices, (..., labels, labels + 1)."""
    among_labels = np.asarray(counts, np.float64)[..., :-1]
    hits = np.diagonal(among_labels, axis1=-2, axis2=-1)
    support, guessed = np.asarray(counts, np.float64).sum(-1), among_labels.sum(-2)
    return LabelFigures(
        _ratio(hits, guessed, 0.0),
        _ratio(hits, support, 0.0),
        _ratio(2 * hits, support + guessed, 0.0),
        support,
        guessed,
    )


def standard_figures(counts: NDArray, emotional: NDArray[np.bool_]) -> dict[str, Figures]:
    """Take the figures of the standard protocol from many confusion matrices at once.

    Macro and micro F1 run over the emotional labels that occur among the gold or the predicted
    ones, weighted F1, accuracy and MCC over all. A turn left without label is a wrong one; MCC
    takes that for a further label.

    Args:
        counts: (..., labels, labels + 1), as `count_confusions` gives them.
        emotional: (labels,), the labels that macro and micro F1 run over.

    Returns:
        Arrays (...); NaN where there is nothing to measure.
    """
    cells = np.asarray(counts, np.float64)
    _, _, f, gold, guessed = label_figures(counts)
    hits = np.diagonal(cells[..., :-1], axis1=-2, axis2=-1)
    total, right, silent = gold.sum(-1), hits.sum(-1), cells[..., -1].sum(-1)
    occurs = emotional & (gold + guessed > 0)
    spread = (total**2 - (gold**2).sum(-1)) * (total**2 - (guessed**2).sum(-1) - silent**2)
    mcc = _ratio(right * total - (gold * guessed).sum(-1), np.sqrt(spread), 0.0)
    return {
        "emotion_macro_f": _ratio((f * occurs).sum(-1), occurs.sum(-1), np.nan),
        "emotion_micro_f": _ratio(
            2 * (hits * emotional).sum(-1), ((gold + guessed) * emotional).sum(-1), np.nan
        ),
        "emotion_weighted_f": _ratio((f * gold).sum(-1), total, np.nan),
        "emotion_mcc": np.where(total > 0, mcc, np.nan),
        "emotion_acc": _ratio(right, total, np.nan),
    }


def standard_scores(turns: LabelledTurns, neutral_label: str) -> dict[str, Any]:
    """Take all figures of the standard protocol: every labelled turn predicted once.

    See `standard_figures`. Beside them stand `emotion_coverage`, the share of turns that were
    not left without label, `emotion_ece`, the expected calibration error of the turns that have
    probabilities, and `emotion_f_per_type` with each label, known ones that don't occur too.

    Args:
        turns: The table.
        neutral_label: Label that macro and micro F1 leave out, "" for none.

    Returns:
        Figures from 0 to 1; None where there is nothing to measure.
    """
    counts = count_confusions(turns.gold, turns.predicted, len(turns.labels))
    figures = standard_figures(counts, emotional(turns.labels, neutral_label))
    by_label = label_figures(counts)
    scored = turns.scored
    return {
        **{name: None if np.isnan(value) else float(value) for name, value in figures.items()},
        "emotion_coverage": float(1 - counts[:, -1].sum() / len(turns)) if len(turns) else None,
        "emotion_f_per_type": {
            label: {
                "p": float(by_label.precision[row]),
                "r": float(by_label.recall[row]),
                "f": float(by_label.f[row]),
                "support": int(by_label.support[row]),
            }
            for row, label in enumerate(turns.labels)
        }
        if len(turns)
        else None,
        "emotion_ece": calibration_error(
            turns.confidences[scored], (turns.best == turns.gold)[scored]
        )
        if scored.any()
        else None,
    }


def emotional(labels: tuple[str, ...], neutral_label: str) -> NDArray[np.bool_]:
    """Say which labels are emotions, all but the neutral one, (labels,)."""
    return np.array([label != neutral_label for label in labels], np.bool_)


def _ratio(above: NDArray, below: NDArray, otherwise: float) -> Figures:
    """Divide, with another value where nothing stands below."""
    result = np.full(np.shape(below), otherwise)
    return np.divide(above, below, out=result, where=below > 0)
