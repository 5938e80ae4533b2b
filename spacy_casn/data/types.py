"""Types that the rooms of this package share."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Span
from thinc.types import Floats2d

Dialogue = list[Span]
"""The turns of a dialogue, in order."""
Dialogues = list[Dialogue]
"""A batch of dialogues."""
Vectors = NDArray[np.float32]
"""One vector a turn, (turns, width), or that of one turn, (width,)."""
Scores = NDArray[np.float32]
"""One probability a label, (turns, labels), or those of one turn, (labels,)."""


class TurnOutput(NamedTuple):
    """What the model says of each turn of a batch, dialogue after dialogue.

    Its gradient, in training, has the same type.
    """

    vectors: Floats2d
    """Contextual vectors as the metric head sees them, (turns, width)."""
    logits: Floats2d
    """Emotion logits, (turns, labels)."""
