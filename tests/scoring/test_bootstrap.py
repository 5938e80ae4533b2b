import numpy as np
import pytest

from spacy_casn.scoring.bootstrap import bootstrap_intervals, difference_intervals
from spacy_casn.scoring.figures import standard_scores
from spacy_casn.scoring.labelled_turns import LabelledTurns

LABELS = ["anger", "fear", "happiness", "no emotion"]
NAMES = [f"emotion_{name}" for name in ("macro_f", "micro_f", "weighted_f", "mcc", "acc")]
Dialogues = list[list[tuple[str, str]]]


@pytest.fixture
def dialogues() -> Dialogues:
    """Thirty dialogues of up to eight turns; fear is rare, and some turns abstain."""
    rng = np.random.default_rng(3)
    found: Dialogues = []
    for _ in range(30):
        size = int(rng.integers(0, 9))
        gold = rng.choice(LABELS, size, p=[0.15, 0.02, 0.23, 0.6])
        guessed = np.where(rng.random(size) < 0.6, gold, rng.choice([*LABELS, ""], size))
        found.append(list(zip(gold.tolist(), guessed.tolist(), strict=True)))
    return found


def table(dialogues: Dialogues) -> LabelledTurns:
    gold, predicted = ([[pair[side] for pair in turns] for turns in dialogues] for side in (0, 1))
    return LabelledTurns.of_labels(gold, predicted, known=LABELS)


def scores_of(dialogues: Dialogues, neutral_label: str) -> list[float]:
    """The figures over the turns of all dialogues."""
    scores = standard_scores(table(dialogues), neutral_label)
    return [np.nan if scores[name] is None else scores[name] for name in NAMES]


def test_intervals_are_the_quantiles_of_a_loop(dialogues: Dialogues) -> None:
    turns = table(dialogues)
    intervals = bootstrap_intervals(turns, "no emotion", resamples=200, seed=7, level=0.9)
    assert intervals is not None
    labelled = [dialogue for dialogue in dialogues if dialogue]
    assert len(labelled) < len(dialogues)
    rng = np.random.default_rng(7)
    drawn = [rng.integers(len(labelled), size=len(labelled)) for _ in range(200)]
    figures = [scores_of([labelled[row] for row in rows], "no emotion") for rows in drawn]
    for name, (low, high) in zip(NAMES, np.quantile(figures, [0.05, 0.95], axis=0).T, strict=True):
        assert intervals[name] == pytest.approx([low, high])
    assert (intervals["level"], intervals["resamples"], intervals["seed"]) == (0.9, 200, 7)


def test_intervals_hold_the_figure_and_repeat_by_their_seed(dialogues: Dialogues) -> None:
    turns = table(dialogues)
    first, again, other = (
        bootstrap_intervals(turns, "no emotion", seed=seed) for seed in (0, 0, 1)
    )
    assert first is not None
    assert first == again != other
    for name, figure in zip(NAMES, scores_of(dialogues, "no emotion"), strict=True):
        low, high = first[name]
        assert low < figure < high


def test_intervals_are_as_wide_as_the_standard_error_says() -> None:
    rng = np.random.default_rng(0)
    right = rng.random(400) < 0.7
    dialogues = [[("anger", "anger" if hit else "fear")] for hit in right]
    intervals = bootstrap_intervals(table(dialogues), "", level=0.95)
    assert intervals is not None
    low, high = intervals["emotion_acc"]
    error = np.sqrt(right.mean() * (1 - right.mean()) / 400)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_dialogues_are_drawn_whole() -> None:
    """Ten like turns of one dialogue tell no more than one: the interval stays as wide."""
    single = [[("anger", "anger")], [("fear", "anger")]] * 20
    tenfold = [turns * 10 for turns in single]
    first, second = (
        bootstrap_intervals(table(dialogues), "no emotion") for dialogues in (single, tenfold)
    )
    assert first is not None
    assert second is not None
    for name in NAMES:
        assert first[name] == pytest.approx(second[name])


def test_what_cannot_be_drawn_anew_has_no_interval() -> None:
    one = table([[("anger", "fear")], []])
    assert bootstrap_intervals(one, "no emotion") is None
    neutral = table([[("no emotion", "no emotion")]] * 3)
    intervals = bootstrap_intervals(neutral, "no emotion")
    assert intervals is not None
    assert intervals["emotion_macro_f"] is None
    assert intervals["emotion_acc"] == [1.0, 1.0]


def test_differences_are_paired_over_the_dialogues(dialogues: Dialogues) -> None:
    rng = np.random.default_rng(9)
    better = [
        [(gold, gold if rng.random() < 0.3 else got) for gold, got in turns] for turns in dialogues
    ]
    found = difference_intervals(table(dialogues), table(better), "no emotion", resamples=200)
    assert found is not None
    labelled = [row for row, turns in enumerate(dialogues) if turns]
    rng = np.random.default_rng(0)
    differences = []
    for _ in range(200):
        rows = [labelled[row] for row in rng.integers(len(labelled), size=len(labelled))]
        sides = [
            scores_of([side[row] for row in rows], "no emotion") for side in (dialogues, better)
        ]
        differences.append(np.subtract(sides[1], sides[0]))
    for name, ends in zip(NAMES, np.quantile(differences, [0.025, 0.975], axis=0).T, strict=True):
        assert found[name] == pytest.approx(ends)
    alone = bootstrap_intervals(table(better), "no emotion", resamples=200)
    assert alone is not None
    assert np.ptp(found["emotion_acc"]) < np.ptp(alone["emotion_acc"])
    assert set(found["emotion_f_per_type"]) == set(LABELS)
    with pytest.raises(ValueError, match="differ in their gold labels"):
        difference_intervals(table(dialogues), table(dialogues[1:]), "no emotion")
