"""Types that the layers of the model share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Span
from thinc.types import Floats2d

Vectors = NDArray[np.float32]
"""One a turn, (turns, width)."""

Dialogues = list[list[Span]]
"""A batch of dialogues, each the list of its turns in order."""


class TurnOutput(NamedTuple):
    """What the model says of each turn of a batch, dialogue after dialogue.

    Its gradient, in training, has the same type.
    """

    vectors: Floats2d
    """Contextual vectors as the metric head sees them, (turns, width)."""
    logits: Floats2d
    """Emotion logits, (turns, labels)."""
