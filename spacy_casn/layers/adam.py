"""A step of the config's Adam on PyTorch's weights, by PyTorch's own kernel.

thinc goes through each weight a dozen times, on one core; PyTorch's kernel does so once.
"""

from collections import defaultdict
from typing import Any, cast

import torch
from thinc.api import Optimizer
from torch import Tensor, nn
from torch.optim.adamw import adamw


def is_adam(optimizer: Optimizer) -> bool:
    """Return whether `update` computes what this optimizer would: Adam, its decay decoupled."""
    return (
        not optimizer.use_radam
        and optimizer.b1 > 0
        and optimizer.b2 > 0
        and (optimizer.L2 == 0 or optimizer.L2_is_weight_decay)
    )


@torch.no_grad()
def update(optimizer: Optimizer, owner: int, module: nn.Module, learn_rate_factor: float) -> None:
    """Move the weights that have a gradient, as `thinc.api.Optimizer` would, and clear it.

    Each weight's gradient is clipped by its own norm. Momenta and averages stay with the optimizer,
    as tensors. Results differ only by rounding, and in that weights decay before they move.

    Args:
        optimizer: For which `is_adam` holds.
        owner: Whose weights they are, as its keys name it.
        module: What holds the weights.
        learn_rate_factor: Multiplies the learning rate.
    """
    by_step: dict[int, dict[str, nn.Parameter]] = defaultdict(dict)
    for name, weight in module.named_parameters():
        if weight.grad is not None:
            optimizer.nr_update[owner, name] += 1
            by_step[optimizer.nr_update[owner, name]][name] = weight
    for step, weights in by_step.items():
        gradients = [cast(Tensor, weight.grad) for weight in weights.values()]
        if optimizer.grad_clip:
            norms = torch.stack([torch.linalg.vector_norm(gradient) for gradient in gradients])
            for gradient, norm in zip(gradients, norms.tolist(), strict=True):
                if norm >= optimizer.grad_clip:
                    gradient *= optimizer.grad_clip / norm
        state: Any = optimizer  # whose tables hold thinc's arrays otherwise
        adamw(
            list(weights.values()),
            gradients,
            _kept(state.mom1, owner, weights),
            _kept(state.mom2, owner, weights),
            [],
            [torch.tensor(step - 1.0, device=gradient.device) for gradient in gradients],
            fused=True,
            amsgrad=False,
            beta1=optimizer.b1,
            beta2=optimizer.b2,
            lr=optimizer.learn_rate * learn_rate_factor,
            weight_decay=optimizer.L2,
            # thinc adds it before PyTorch's correction of the second momentum
            eps=optimizer.eps / (1 - optimizer.b2**step) ** 0.5,
            maximize=False,
        )
        if state.averages is not None:
            decay = min((1 + step) / (10 + step), 0.9999)
            averages = _kept(state.averages, owner, weights)
            for average, weight in zip(averages, weights.values(), strict=True):
                average.lerp_(weight, 1 - decay)
        for weight in weights.values():
            weight.grad = None


def _kept(
    table: dict[tuple[int, str], Tensor], owner: int, weights: dict[str, nn.Parameter]
) -> list[Tensor]:
    """Return what a table keeps for each weight, zeros at first."""
    for name, weight in weights.items():
        if (owner, name) not in table:
            table[owner, name] = torch.zeros_like(weight)
    return [table[owner, name] for name in weights]
