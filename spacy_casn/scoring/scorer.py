"""Both evaluation protocols: each under its own name, never compared with one another."""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from spacy.training import Example

from ..data.dialogue import SPANS_KEY
from ..data.types import Vectors
from .figures import standard_scores
from .labelled_turns import labelled_turns
from .triplet_protocol import triplet_scores
from .triplets import Distance


def emotion_score(
    examples: Iterable[Example],
    *,
    spans_key: str = SPANS_KEY,
    neutral_label: str = "no emotion",
    vectors: Sequence[Vectors] | None = None,
    n_triplets: int = 10_000,
    distance: Distance = "cosine",
    seed: int = 0,
    **kwargs: Any,
) -> dict[str, Any]:
    """Take the standard protocol and, where contextual vectors are given, the triplet protocol.

    See `figures.standard_scores` and `triplet_protocol.triplet_scores`. `emotion_ece`, the
    expected calibration error, is taken over the probabilities that the predicted Docs hold.

    Args:
        examples: Predicted Docs and gold ones; unlabelled gold turns don't count.
        spans_key: Name of the span group.
        neutral_label: Label that the standard macro and micro F1 leave out.
        vectors: For each example, the (turns, width) contextual vectors of its turns.
        n_triplets: Triplets to draw.
        distance: Between contextual vectors, `cosine` or `euclidean`.
        seed: Of the draws.

    Returns:
        Figures from 0 to 1; None where there is nothing to measure.
    """
    turns = labelled_turns(examples, spans_key, vectors)
    scores = standard_scores(turns, neutral_label)
    if vectors is not None:
        scores |= triplet_scores(turns, n_triplets=n_triplets, distance=distance, seed=seed)
    return scores


def make_emotion_scorer(
    n_triplets: int = 10_000, distance: Distance = "cosine", seed: int = 0
) -> Any:
    """Make `spacy_casn.emotion_scorer.v1`; see `emotion_score`."""
    return partial(emotion_score, n_triplets=n_triplets, distance=distance, seed=seed)
