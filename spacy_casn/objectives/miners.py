"""How a batch's triplets are found. Distances are pytorch-metric-learning's."""

from typing import Literal

import numpy as np
import torch
from pytorch_metric_learning.distances import BaseDistance, CosineSimilarity, LpDistance
from pytorch_metric_learning.miners import BaseMiner, BatchHardMiner, TripletMarginMiner
from torch import Tensor

from ..scoring.triplets import Distance, draw_triplets

Mining = Literal["uniform", "semi-hard", "batch-hard"]

TRIPLETS_PER_TURN = 16
"""Random triplets that uniform mining draws for each turn of a batch."""


class UniformMiner(BaseMiner):
    """Random triplets, their classes drawn uniformly."""

    def __init__(self, seed: int, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.rng = np.random.default_rng(seed)

    def mine(
        self, embeddings: Tensor, labels: Tensor, ref_emb: Tensor, ref_labels: Tensor
    ) -> tuple[Tensor, ...]:
        n = TRIPLETS_PER_TURN * len(labels)
        triplets = draw_triplets(labels.cpu().numpy(), n, self.rng)
        return tuple(torch.from_numpy(rows).to(labels.device) for rows in triplets)


def build_distance(distance: Distance) -> BaseDistance:
    """Make a distance; raises ValueError for an unknown name."""
    if distance == "cosine":
        return CosineSimilarity()
    if distance == "euclidean":
        return LpDistance(normalize_embeddings=False)
    raise ValueError(f"distance = '{distance}' is unknown: it is 'cosine' or 'euclidean'.")


def build_miner(mining: Mining, margin: float, distance: BaseDistance, seed: int) -> BaseMiner:
    """Make a miner; raises ValueError for an unknown name."""
    if mining == "uniform":
        return UniformMiner(seed, distance=distance)
    if mining == "semi-hard":
        return TripletMarginMiner(margin=margin, type_of_triplets="semihard", distance=distance)
    if mining == "batch-hard":
        return BatchHardMiner(distance=distance)
    raise ValueError(
        f"mining = '{mining}' is unknown: it is 'uniform', 'semi-hard' or 'batch-hard'."
    )
