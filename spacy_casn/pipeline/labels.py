"""Which emotions a component is initialized with."""

from collections.abc import Sequence

from ..scoring.valence import is_neutral
from .warm_start import WarmStart


def choose_labels(found: set[str], given: Sequence[str], warm_start: WarmStart | None) -> list[str]:
    """Return the labels given, or else those of an earlier stage, or of the examples.

    Args:
        found: The labels of the training examples.
        given: Labels that the caller or the component names, if any.
        warm_start: The earlier stage, if any.

    Raises:
        ValueError: there are none, or the examples or the earlier stage have others.
    """
    labels = list(given or (warm_start.labels if warm_start else sorted(found)))
    if not labels:
        raise ValueError(
            "There is no labelled turn in the training examples: give the spans in "
            'doc.spans["turns"] (or under the config\'s spans_key) their labels.'
        )
    if warm_start and set(labels) != set(warm_start.labels):
        raise ValueError(
            f"The pipeline '{warm_start.path}' has the labels {warm_start.labels}, not {labels}: "
            f"train its stage anew, or map the labels onto its own."
        )
    if unknown := sorted(found - set(labels)):
        source = f"the pipeline '{warm_start.path}' has" if warm_start else "the given labels are"
        raise ValueError(
            f"The training examples have the emotion '{unknown[0]}', but {source} only {labels}: "
            f"map it onto one of these, or train a pipeline with it."
        )
    return labels


def neutral_among(neutral_label: str, labels: Sequence[str]) -> str:
    """Return the neutral label, or what the labels call it, such as neutral for "no emotion".

    Args:
        neutral_label: As it is set; "" for none.
        labels: The emotions.
    """
    if neutral_label in labels or not neutral_label or not is_neutral(neutral_label):
        return neutral_label
    others = [label for label in labels if is_neutral(label)]
    return others[0] if len(others) == 1 else neutral_label


def check_neutral(neutral_label: str, labels: Sequence[str]) -> None:
    """Raise ValueError unless the neutral label is among the labels, or \"\" for none."""
    if neutral_label and neutral_label not in labels:
        raise ValueError(
            f"neutral_label = '{neutral_label}' is none of the labels {list(labels)}: set it to "
            f'the one that means "no emotion", or to "" if there is none.'
        )
