import math

import pytest
import torch
from torch import Tensor

from spacy_casn.models.architectures import build_transformer_context_v1
from spacy_casn.models.context_encoder import (
    Attention,
    ContextEncoder,
    IsolatedTurnEncoder,
    WindowAttention,
)

N_IN = 6


def make_encoder(
    attention: Attention = "past",
    window: int = 4,
    *,
    dropout: float = 0.1,
    speakers: bool = True,
    distances: bool = True,
) -> ContextEncoder:
    torch.manual_seed(0)
    encoder = ContextEncoder(
        N_IN,
        16,
        depth=2,
        heads=4,
        window=window,
        attention=attention,
        dropout=dropout,
        speakers=speakers,
        distances=distances,
        precision="fp32",
    )
    for layer in encoder.attention:
        torch.nn.init.normal_(layer.distance_bias)
    return encoder.eval()


def encode(encoder: torch.nn.Module, turns: Tensor, lengths: list[int]) -> Tensor:
    unknown = torch.zeros(len(turns), dtype=torch.long)
    with torch.no_grad():
        return encoder(turns, torch.tensor(lengths), unknown)


@pytest.mark.parametrize("attention", ["past", "full"])
@pytest.mark.parametrize("window", [1, 3, 8, 40])
def test_blocks_equal_attention_turn_by_turn(attention: Attention, window: int) -> None:
    torch.manual_seed(1)
    layer = WindowAttention(8, heads=2, window=window, attention=attention, dropout=0.0)
    torch.nn.init.normal_(layer.distance_bias)
    lengths = [5, 1, 11, 3]
    turns = torch.randn(sum(lengths), 8)
    ids = torch.repeat_interleave(torch.arange(4), torch.tensor(lengths))
    projected = layer.project_in(turns).view(-1, 3, 2, 4)
    expected = []
    for query in range(len(turns)):
        nearest = range(query - window, query + 1 + (window if attention == "full" else 0))
        seen = [key for key in nearest if 0 <= key < len(turns) and ids[key] == ids[query]]
        heads = []
        for head in range(2):
            scores = torch.stack(
                [
                    projected[query, 0, head] @ projected[key, 1, head] / math.sqrt(4)
                    + layer.distance_bias[head, key - query + window]
                    for key in seen
                ]
            )
            heads.append(scores.softmax(0) @ projected[seen, 2, head])
        expected.append(layer.norm(turns[query] + layer.project_out(torch.cat(heads))))
    torch.testing.assert_close(layer(turns, ids), torch.stack(expected))


@pytest.mark.parametrize("attention", ["past", "full"])
def test_a_dialogue_does_not_depend_on_its_batch(attention: Attention) -> None:
    encoder = make_encoder(attention)
    dialogues = [torch.randn(length, N_IN) for length in (3, 1, 500, 7)]
    together = encode(encoder, torch.cat(dialogues), [3, 1, 500, 7]).split([3, 1, 500, 7])
    for turns, vectors in zip(dialogues, together, strict=True):
        alone = encode(encoder, turns, [len(turns)])
        torch.testing.assert_close(vectors, alone, atol=1e-5, rtol=0)


def test_past_hides_the_future_and_shows_the_past() -> None:
    encoder = make_encoder("past", window=2)
    turns = torch.randn(12, N_IN, requires_grad=True)
    unknown = torch.zeros(12, dtype=torch.long)
    vectors = encoder(turns, torch.tensor([12]), unknown)
    for row in range(12):
        (gradient,) = torch.autograd.grad(vectors[row].square().sum(), turns, retain_graph=True)
        seen = gradient.abs().sum(dim=1) > 0
        # Two layers of two turns each look four turns back.
        assert seen.tolist() == [row - 4 <= other <= row for other in range(12)]


def test_full_shows_the_future() -> None:
    encoder = make_encoder("full", window=8)
    turns = torch.randn(4, N_IN)
    changed = torch.cat([turns[:3], torch.randn(1, N_IN)])
    assert (encode(encoder, turns, [4])[0] - encode(encoder, changed, [4])[0]).abs().max() > 1e-3


def test_order_and_speakers_count() -> None:
    encoder = make_encoder()
    torch.nn.init.normal_(encoder.speaker.weight)
    turns = torch.randn(3, N_IN)
    swapped = encode(encoder, turns[[1, 0, 2]], [3])
    assert (encode(encoder, turns, [3])[2] - swapped[2]).abs().max() > 1e-3
    with torch.no_grad():
        changed = encoder(turns, torch.tensor([3]), torch.tensor([0, 2, 1]))
    assert (encode(encoder, turns, [3]) - changed)[1:].abs().max() > 1e-3


def test_an_unseen_speaker_relation_changes_nothing() -> None:
    encoder = make_encoder()
    turns = torch.randn(3, N_IN)
    with torch.no_grad():
        known = encoder(turns, torch.tensor([3]), torch.tensor([0, 2, 1]))
    torch.testing.assert_close(known, encode(encoder, turns, [3]))


def test_speakers_and_distances_can_be_left_out() -> None:
    encoder = make_encoder("full", speakers=False, distances=False)
    torch.nn.init.normal_(encoder.speaker.weight)
    turns = torch.randn(4, N_IN)
    last = encode(encoder, turns, [4])[-1]
    torch.testing.assert_close(encode(encoder, turns[[1, 0, 2, 3]], [4])[-1], last)
    with torch.no_grad():
        changed = encoder(turns, torch.tensor([4]), torch.tensor([0, 2, 1, 2]))
    torch.testing.assert_close(changed[-1], last)


def test_training_joins_a_share_of_the_dialogues() -> None:
    encoder = make_encoder(dropout=0.0)
    encoder.joined = 1.0
    turns = torch.randn(12, N_IN)
    apart, together = (encode(encoder.eval(), turns, lengths) for lengths in ([4, 3, 5], [12]))
    assert (apart - together).abs().max() > 0.01
    encoder.train()
    torch.testing.assert_close(encode(encoder, turns, [4, 3, 5]), together)
    encoder.joined = 0.5
    torch.manual_seed(0)
    found = [encode(encoder, turns, [4, 3, 5]) for _ in range(40)]
    expected = [encode(encoder.eval(), turns, n) for n in ([4, 3, 5], [7, 5], [4, 8], [12])]
    counts = [
        sum(torch.allclose(vectors, known, atol=1e-5) for vectors in found) for known in expected
    ]
    assert sum(counts) == 40
    assert min(counts) >= 3


@pytest.mark.parametrize(
    ("setting", "value"),
    [("attention", "'both'"), ("heads", 5), ("window", 0), ("joined", 1.5), ("joined", -0.1)],
)
def test_settings_out_of_range_are_named(setting: str, value: object) -> None:
    given = value.strip("'") if isinstance(value, str) else value
    with pytest.raises(ValueError, match=f"{setting} = {value}"):
        build_transformer_context_v1(**{setting: given})


def test_every_weight_is_trained() -> None:
    encoder = make_encoder().train()
    relations = torch.arange(30) % 3
    encoder(torch.randn(30, N_IN), torch.tensor([10, 20]), relations).square().sum().backward()
    assert all(weight.grad.abs().sum() > 0 for weight in encoder.parameters())


def test_training_in_bf16_comes_near_and_predictions_stay_exact() -> None:
    encoder = make_encoder(dropout=0.0)
    turns, lengths = torch.randn(9, N_IN), torch.tensor([4, 5])
    unknown = torch.zeros(9, dtype=torch.long)
    trained, gradients, predicted = [], [], []
    for precision in ("fp32", "bf16"):
        encoder.precision = precision
        predicted.append(encode(encoder.eval(), turns, [4, 5]))
        encoder.zero_grad()
        found = encoder.train()(turns, lengths, unknown)
        assert found.dtype == torch.float32
        found[:, 0].sum().backward()
        trained.append(found.detach())
        gradients.append(torch.cat([weight.grad.flatten() for weight in encoder.parameters()]))
    assert torch.equal(*predicted)
    assert not torch.equal(*trained)
    torch.testing.assert_close(*trained, atol=0.05, rtol=0.05)
    assert torch.cosine_similarity(*gradients, dim=0) > 0.999


def test_isolated_turns_see_nothing_else() -> None:
    torch.manual_seed(0)
    encoder = IsolatedTurnEncoder(N_IN, 16, depth=2, dropout=0.0).eval()
    turns = torch.randn(5, N_IN)
    together = encode(encoder, turns, [5])
    torch.testing.assert_close(encode(encoder, turns[2:3], [1]), together[2:3])


@pytest.mark.parametrize("window", [1, 3, 8, 40])
@pytest.mark.parametrize("distances", [True, False])
def test_step_by_step_equals_the_whole_dialogue(window: int, distances: bool) -> None:
    encoder = make_encoder(window=window, distances=distances)
    torch.nn.init.normal_(encoder.speaker.weight)
    turns, relations = torch.randn(20, N_IN), torch.randint(0, 3, (20,))
    with torch.no_grad():
        expected = encoder(turns, torch.tensor([20]), relations)
        memory: list[Tensor] = []
        rows = []
        for turn, relation in zip(turns, relations, strict=True):
            row, memory = encoder.step(turn[None], relation[None], memory)
            rows.append(row)
    torch.testing.assert_close(torch.cat(rows), expected)
    assert all(layer.shape[2] == min(window, 20) for layer in memory)


def test_step_of_an_isolated_turn() -> None:
    encoder = IsolatedTurnEncoder(N_IN, 16, depth=2, dropout=0.1).eval()
    turns = torch.randn(3, N_IN)
    expected = encode(encoder, turns, [3])
    with torch.no_grad():
        row, memory = encoder.step(turns[1:2], torch.zeros(1, dtype=torch.long), [])
    torch.testing.assert_close(row, expected[1:2])
    assert memory == []
