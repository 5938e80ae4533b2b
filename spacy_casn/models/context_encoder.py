"""Pure PyTorch modules that turn utterance vectors into contextual vectors."""

import math
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..encoders.precision import Precision, autocast
from ..layers.dropout import Dropout

Attention = Literal["past", "full"]
Memory = list[Tensor]
"""What each layer keeps of the latest turns: keys and values, (2, heads, turns, head width)."""
SPEAKER_RELATIONS = ("unknown", "same", "changed")
"""How a turn's speaker relates to the turn before; the index is the network's input."""


class FeedForward(nn.Module):
    """Residual feed-forward block with post-norm, (turns, width) -> (turns, width)."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.layers = nn.Sequential(
            nn.Linear(width, 4 * width),
            nn.GELU(),
            Dropout(dropout),
            nn.Linear(4 * width, width),
            Dropout(dropout),
        )

    def forward(self, turns: Tensor) -> Tensor:
        return self.norm(turns + self.layers(turns))


class WindowAttention(nn.Module):
    """Residual attention with post-norm among the turns of one dialogue that lie near each other.

    A batch is one packed sequence of all its turns, without padding between dialogues. It
    is cut into blocks as long as the window; each block of queries sees its own block of
    keys, the one before and, for full attention, the one behind:

        queries            [ block 2 ]
        keys     [ block 1 | block 2 ] block 3 (full)

    A mask then keeps turns of the same dialogue that are at most `window` turns away, so
    time and memory grow with the number of turns, however long a dialogue is.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        window: int,
        attention: Attention,
        dropout: float,
        distances: bool = True,
    ) -> None:
        super().__init__()
        self.heads = heads
        self.window = window
        self.attention = attention
        self.distances = distances
        self.norm = nn.LayerNorm(width)
        self.project_in = nn.Linear(width, 3 * width)
        self.project_out = nn.Linear(width, width)
        self.dropout = Dropout(dropout)
        self.distance_bias = nn.Parameter(torch.zeros(heads, 2 * window + 1))

    def forward(self, turns: Tensor, dialogue_ids: Tensor) -> Tensor:
        """Let each turn attend to its window, (turns, width) -> (turns, width).

        Args:
            turns: (turns, width), dialogue after dialogue.
            dialogue_ids: (turns,), the number of the dialogue that each turn belongs to.
        """
        size = self.window
        n_turns, width = turns.shape
        n_blocks = math.ceil(n_turns / size)
        behind = size if self.attention == "full" else 0
        span = 2 * size + behind
        fill = n_blocks * size - n_turns

        projected = self.project_in(turns).view(n_turns, 3, self.heads, -1)
        queries, keys, values = projected.unbind(1)
        queries = F.pad(queries, (0, 0, 0, 0, 0, fill)).view(n_blocks, size, self.heads, -1)
        around = (0, 0, 0, 0, size, fill + behind)
        keys = F.pad(keys, around).unfold(0, span, size)
        values = F.pad(values, around).unfold(0, span, size)
        # queries: (blocks, size, heads, d); keys, values: (blocks, heads, d, span)
        attended = F.scaled_dot_product_attention(
            queries.transpose(1, 2),
            keys.transpose(2, 3),
            values.transpose(2, 3),
            attn_mask=self._mask(dialogue_ids, size, fill, behind, span),
            dropout_p=self.dropout.p if self.training else 0.0,
        )
        attended = attended.transpose(1, 2).reshape(n_blocks * size, width)[:n_turns]
        return self.norm(turns + self.dropout(self.project_out(attended)))

    def step(self, turn: Tensor, past: Tensor | None) -> tuple[Tensor, Tensor]:
        """Compute the next turn of one dialogue; the same as `forward` over all of it.

        Args:
            turn: (1, width).
            past: Keys and values of the latest turns, (2, heads, n <= window, head width), or
                None for the first turn.

        Returns:
            (1, width), and the past of the turn after this one.
        """
        projected = self.project_in(turn).view(3, self.heads, 1, -1)
        query, latest = projected[0], projected[1:]
        if past is not None:
            latest = torch.cat([past, latest], dim=2)
        keys, values = latest
        first = self.window + 1 - keys.shape[1]
        bias = self._bias()[:, None, first : self.window + 1]
        # Less is to be called than for scaled_dot_product_attention, which counts for one turn.
        weights = torch.baddbmm(bias, query, keys.mT, alpha=query.shape[-1] ** -0.5).softmax(-1)
        turn = self.norm(turn + self.project_out((weights @ values).view(1, -1)))
        return turn, latest[:, :, -self.window :]

    def _bias(self) -> Tensor:
        """Return the bias of distances, (heads, 2 * window + 1), from `window` before to behind."""
        return self.distance_bias if self.distances else torch.zeros_like(self.distance_bias)

    def _mask(self, dialogue_ids: Tensor, size: int, fill: int, behind: int, span: int) -> Tensor:
        """Return the mask to add, (blocks, heads, size, span): the bias, or -inf if hidden."""
        device = dialogue_ids.device
        query_dialogues = F.pad(dialogue_ids, (0, fill), value=-2).view(-1, size)
        key_dialogues = F.pad(dialogue_ids, (size, fill + behind), value=-1).unfold(0, span, size)
        distance = torch.arange(span, device=device) - size
        distance = distance - torch.arange(size, device=device)[:, None]  # (size, span)
        near = distance.abs() <= self.window
        if self.attention == "past":
            near &= distance <= 0
        same_dialogue = query_dialogues[:, :, None] == key_dialogues[:, None, :]
        # Every query sees itself, so that the rows of the filling are no NaN.
        visible = (same_dialogue & near) | (distance == 0)
        bias = self._bias()[:, distance.clamp(-self.window, self.window) + self.window]
        return torch.where(visible[:, None], bias, float("-inf"))


class ContextEncoder(nn.Module):
    """Transformer encoder over the turns of each dialogue.

    The position of a turn enters as its distance to the turns that it attends to, so a
    dialogue may be longer than any in training.

    Args:
        n_in: Width of an utterance vector.
        width: Width of a contextual vector.
        depth, heads: Layers, and attention heads in each.
        window: How many turns away a turn may look in one layer.
        attention: `past` hides all later turns, `full` shows both sides.
        dropout: Dropped share of the activations in training.
        speakers: Whether it counts that a turn's speaker is another than the turn before's.
        distances: Whether it counts how many turns away a turn is.
        joined: Share of the dialogues, from 0 to 1, that training shows as the continuation of
            the one before, so that longer dialogues than its own are nothing new.
        precision: What training computes in; predictions are always float32.
    """

    def __init__(
        self,
        n_in: int,
        width: int,
        *,
        depth: int,
        heads: int,
        window: int,
        attention: Attention,
        dropout: float,
        speakers: bool = True,
        distances: bool = True,
        joined: float = 0.0,
        precision: Precision = "auto",
    ) -> None:
        super().__init__()
        self.speakers = speakers
        self.joined = joined
        self.precision = precision
        self.project = nn.Sequential(nn.LayerNorm(n_in), nn.Linear(n_in, width))
        self.speaker = nn.Embedding(len(SPEAKER_RELATIONS), width)
        # A relation that training never shows has no effect on a prediction.
        nn.init.zeros_(self.speaker.weight)
        self.dropout = Dropout(dropout)
        self.attention = nn.ModuleList(
            WindowAttention(width, heads, window, attention, dropout, distances)
            for _ in range(depth)
        )
        self.feed_forward = nn.ModuleList(FeedForward(width, dropout) for _ in range(depth))

    def forward(self, turns: Tensor, lengths: Tensor, speaker_relations: Tensor) -> Tensor:
        """Return what each turn means in its dialogue.

        Args:
            turns: (turns, n_in), dialogue after dialogue.
            lengths: (dialogues,), turns in each dialogue.
            speaker_relations: (turns,), indices into `SPEAKER_RELATIONS`.

        Returns:
            (turns, width) contextual vectors, float32.
        """
        with autocast(self.precision if self.training else "fp32", turns.device):
            return self._forward(turns, lengths, speaker_relations).float()

    def _forward(self, turns: Tensor, lengths: Tensor, speaker_relations: Tensor) -> Tensor:
        begins = torch.ones_like(lengths)
        if self.training and self.joined:
            begins = (torch.rand(len(lengths), device=lengths.device) >= self.joined).long()
        dialogue_ids = torch.repeat_interleave(begins.cumsum(0), lengths)
        hidden = self.project(turns)
        if self.speakers:
            hidden = hidden + self.speaker(speaker_relations)
        hidden = self.dropout(hidden)
        for attention, feed_forward in zip(self.attention, self.feed_forward, strict=True):
            hidden = feed_forward(attention(hidden, dialogue_ids))
        return hidden

    def step(self, turn: Tensor, speaker_relation: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Compute the next turn of one dialogue, without looking at those before it again.

        Gives the same as `forward` over the whole dialogue where no turn sees a later one. It
        is for prediction only.

        Args:
            turn: (1, n_in).
            speaker_relation: (1,), an index into `SPEAKER_RELATIONS`.
            memory: What the step before gave, or an empty list at the dialogue's beginning.

        Returns:
            (1, width) contextual vector, and the memory for the next step.
        """
        hidden = self.project(turn)
        if self.speakers:
            hidden = hidden + self.speaker(speaker_relation)
        kept = []
        for layer, (attention, feed_forward) in enumerate(
            zip(self.attention, self.feed_forward, strict=True)
        ):
            past = memory[layer] if memory else None
            hidden, latest = cast(WindowAttention, attention).step(hidden, past)
            hidden = feed_forward(hidden)
            kept.append(latest)
        return hidden, kept


class IsolatedTurnEncoder(nn.Module):
    """Feed-forward encoder that sees each turn alone: the baseline without context."""

    def __init__(self, n_in: int, width: int, *, depth: int, dropout: float) -> None:
        super().__init__()
        self.project = nn.Sequential(nn.LayerNorm(n_in), nn.Linear(n_in, width))
        self.dropout = Dropout(dropout)
        self.feed_forward = nn.Sequential(*(FeedForward(width, dropout) for _ in range(depth)))

    def forward(self, turns: Tensor, lengths: Tensor, speaker_relations: Tensor) -> Tensor:
        """Compute as `ContextEncoder.forward`, without a look at lengths and speakers."""
        hidden = self.dropout(self.project(turns))
        return self.feed_forward(hidden)

    def step(self, turn: Tensor, speaker_relation: Tensor, memory: Memory) -> tuple[Tensor, Memory]:
        """Compute as `ContextEncoder.step`; there is nothing to remember."""
        return self.feed_forward(self.project(turn)), memory
