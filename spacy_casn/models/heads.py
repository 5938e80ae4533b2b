"""What stands on the contextual vectors: the space of distances, and a classifier that compares."""

import torch
from torch import Tensor, nn

from ..layers.dropout import Dropout


class MetricHead(nn.Module):
    """Contextual vectors to the vectors whose distances count, (turns, width) both.

        tanh(x + pace * linear(x))

    Bounded by tanh, a turn between two emotions lies between their corners. The linear map
    begins at zero, and only a metric objective moves it. An adaptive optimizer moves all
    weights alike, so `pace` says how much faster this map turns than the context encoder,
    which also has the classifier to serve.
    """

    def __init__(self, n_in: int, width: int, *, dropout: float, pace: float = 30.0) -> None:
        super().__init__()
        self.pace = pace
        self.dropout = Dropout(dropout)
        self.linear = nn.Linear(n_in, width)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, turns: Tensor) -> Tensor:
        turns = self.dropout(turns)
        return torch.tanh(turns + self.pace * self.linear(turns))


class RelationClassifier(nn.Module):
    """Logits by a learned comparison of each turn with a prototype of each emotion.

        logit(turn, emotion) = linear(gelu(linear([turn; prototype(emotion)])))

    Sung et al. 2018, Learning to Compare: Relation Network for Few-Shot Learning, with
    prototypes that are learned, since the emotions are known.
    """

    def __init__(self, n_in: int, n_out: int, *, width: int, dropout: float) -> None:
        super().__init__()
        self.prototypes = nn.Parameter(torch.randn(n_out, n_in) / n_in**0.5)
        self.dropout = Dropout(dropout)
        # The linear map of a pair is the sum of its parts' maps.
        self.turn = nn.Linear(n_in, width)
        self.prototype = nn.Linear(n_in, width, bias=False)
        self.score = nn.Sequential(nn.GELU(), nn.Linear(width, 1))

    def forward(self, turns: Tensor) -> Tensor:
        """Compute (turns, n_in) -> (turns, n_out)."""
        pairs = self.turn(self.dropout(turns))[:, None] + self.prototype(self.prototypes)
        return self.score(pairs).squeeze(-1)
