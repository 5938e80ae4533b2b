"""The registered architectures: thinc layers around the encoders and the classifier."""

import importlib.util
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, cast

import torch
from spacy.tokens import Doc
from thinc.api import Model, PyTorchShim, torch2xp, xp2torch
from thinc.types import ArgsKwargs, Floats2d, Ints1d, Ragged
from torch import nn

from ..data.dialogue import SPANS_KEY, line_turns, read_turns
from ..data.types import Dialogues, TurnOutput
from ..encoders.fine_tuning import Tuning
from ..encoders.learning_layer import learning_layer
from ..encoders.onnx import Backend
from ..encoders.precision import Precision
from ..encoders.sentence_transformer import SentenceEncoder
from ..encoders.word_vectors import WordTuning, WordVectorEncoder
from ..layers.dropout import Dropout
from ..layers.torch_layer import evaluating, torch_layer
from .context_encoder import (
    SPEAKER_RELATIONS,
    Attention,
    ContextEncoder,
    IsolatedTurnEncoder,
    Memory,
)
from .heads import MetricHead, RelationClassifier

ContextInput = tuple[Ragged, Ints1d]
"""Utterance vectors, lengths = turns a dialogue, and each turn's speaker relation."""


def build_casn_model_v1(
    encoder: Model[Dialogues, Ragged],
    context: Model[ContextInput, Floats2d],
    dropout: float = 0.2,
    classifier: Model[Floats2d, Floats2d] | None = None,
) -> Model[Dialogues, TurnOutput]:
    """Join utterance encoder, context encoder and, on the contextual vectors, two heads.

    The classifier gives the emotions' logits. The metric head gives the vectors whose
    distances count; see `MetricHead`.

    Args:
        encoder: Turns to utterance vectors.
        context: Utterance vectors to contextual vectors.
        dropout: Dropped share of the contextual vectors before both heads.
        classifier: Contextual vectors to logits; by default one linear layer.
    """
    if classifier is None:
        classifier = torch_layer("classifier", partial(_build_classifier, dropout=dropout))
    layers: dict[str, Model] = {
        "encoder": encoder,
        "context": context,
        "classifier": classifier,
        "metric": torch_layer("metric", partial(MetricHead, dropout=dropout)),
    }
    return Model(
        "casn",
        _forward_casn,
        init=_init_casn,
        layers=list(layers.values()),
        refs={**layers},
        dims={"nO": None},
    )


def build_sentence_transformer_encoder_v1(
    name: str,
    batch_tokens: int = 512,
    cache_size: int = 10_000,
    precision: Precision = "fp32",
    backend: Backend = "torch",
    trainable: bool = False,
    trainable_layers: int = 0,
    learn_rate_factor: float = 1.0,
    graph_tokens: int = 16_384,
) -> Model[Dialogues, Ragged]:
    """Make one vector a turn by a sentence transformer, frozen or fine-tuned.

    Args:
        name: A sentence-transformers folder or name, such as `all-MiniLM-L6-v2`.
        batch_tokens: Word pieces encoded at once, padding counted. A processor is fastest with
            few, a GPU with many (16,384).
        cache_size: Turns whose vectors are kept for when the same words come again; each
            takes 4 bytes a dimension (1.5 KB for MiniLM). The training corpus of a frozen
            encoder is kept whole.
        precision: `fp32`, `bf16`, or `auto` for bf16 where the device has instructions for it;
            where it hasn't, a log message says so. It concerns PyTorch alone: with another
            backend, what is encoded there.
        backend: What encodes: `torch`; `onnx` for ONNX Runtime with the same vectors; or
            `onnx-int8` for weights and activations of eight bits. ONNX Runtime needs
            `pip install spacy-casn[onnx]` and computes on the processor, on as many threads as
            PyTorch has, also where the rest of the pipeline is on a GPU. It reads an export,
            which is made once and saved with the pipeline, PyTorch's weights beside it. An
            encoder that is trained learns in PyTorch, in its precision; what is encoded
            without learning, on the dev split too, goes through an export that is made anew
            (seconds) once the weights have changed. Vectors by `onnx-int8` are near the exact
            ones (for MiniLM a cosine of 0.99 on average, 0.95 at the lowest), but a batch is
            rounded as one, so a turn's vector depends on the turns beside it, about as much:
            with `batch_tokens = 1` it doesn't, which is slower.
        trainable: Whether training changes the encoder's weights.
        trainable_layers: How many of its last layers then learn; 0 for all its weights.
        learn_rate_factor: Their learning rate, as a multiple of the optimizer's.
        graph_tokens: In training, word pieces of a batch whose activations stay in memory
            for the way back (about 0.2 MB each for MiniLM); those of the rest are computed
            twice instead.

    Raises:
        ValueError: a setting is out of its range, or the backend isn't installed.
    """
    tuning = Tuning(trainable_layers, learn_rate_factor, graph_tokens)
    encoder = SentenceEncoder(
        name,
        batch_tokens=batch_tokens,
        cache_size=cache_size,
        precision=precision,
        tuning=tuning if trainable else None,
        backend=backend,
    )
    return learning_layer(encoder)


def build_word_vector_encoder_v1(
    name: str,
    trainable: bool = False,
    learn_rate_factor: float = 1.0,
    piece_dropout: float = 0.0,
) -> Model[Dialogues, Ragged]:
    """Make one vector a turn as the mean of its word pieces' vectors, fixed or trained along.

    Args:
        name: The folder of a table of word vectors, such as
            `python -m spacy casn word-vectors` makes; also one of sentence-transformers'
            `StaticEmbedding` or of model2vec.
        trainable: Whether training changes the vectors.
        learn_rate_factor: Their learning rate, as a multiple of the optimizer's.
        piece_dropout: Share of the word pieces, from 0 to 1, that training leaves out at random.

    Raises:
        ValueError: a setting is out of its range.
    """
    tuning = WordTuning(learn_rate_factor, piece_dropout)
    return learning_layer(WordVectorEncoder(name, tuning=tuning if trainable else None))


def build_transformer_turn_encoder_v1(
    name: str, trainable: bool = True, batch_size: int = 64
) -> Model[Dialogues, Ragged]:
    """Read turns by a Hugging Face transformer over word pieces, through spacy-transformers.

    A turn's vector is the mean of its pieces' vectors.

    Args:
        name: A transformers or sentence-transformers folder, or a name on the hub.
        trainable: Whether training changes the transformer's weights.
        batch_size: Turns encoded at once when predicting. Training encodes a batch's turns
            at once, so give it small batches.

    Raises:
        ValueError: spacy-transformers isn't installed.
    """
    # spaCy imports every registered function's module, and spacy-transformers is an extra.
    if importlib.util.find_spec("spacy_transformers") is None:
        raise ValueError(
            "spacy_casn.TransformerTurnEncoder.v1 needs spacy-transformers: "
            "`pip install spacy-casn[wordpieces]`."
        )
    from ..encoders.word_pieces import make_word_piece_encoder

    return make_word_piece_encoder(name, trainable=trainable, batch_size=batch_size)


def build_transformer_context_v1(
    width: int = 384,
    depth: int = 2,
    heads: int = 6,
    window: int = 32,
    attention: Attention = "past",
    dropout: float = 0.2,
    speakers: bool = True,
    distances: bool = True,
    joined: float = 0.0,
    precision: Precision = "auto",
) -> Model[ContextInput, Floats2d]:
    """Make a Transformer encoder over the turns of each dialogue.

    Args:
        width: Width of the contextual vectors, a multiple of `heads`.
        depth: Layers.
        heads: Attention heads a layer.
        window: How many turns away a turn may look in one layer.
        attention: `past`, so that no turn sees a later one, or `full`.
        dropout: Dropped share of the activations in training.
        speakers: Whether it counts that a turn's speaker is another than the turn before's.
        distances: Whether it counts how many turns away a turn is.
        joined: Share of the dialogues, from 0 to 1, that training shows as the continuation of
            the one before. Labels on dialogues much longer than those of training get better
            by it.
        precision: What training computes in: `fp32`, `bf16`, or `auto` for `bf16` where the
            processor or GPU can. Predictions are always computed in `fp32`.

    Raises:
        ValueError: a setting is out of its range.
    """
    if attention not in ("past", "full"):
        raise ValueError(f"attention = '{attention}' is unknown: it is 'past' or 'full'.")
    if min(width, depth, heads, window) < 1 or width % heads:
        raise ValueError(
            f"width = {width}, depth = {depth}, heads = {heads}, window = {window}: all must be "
            f"at least 1, and width a multiple of heads."
        )
    if not 0 <= joined <= 1:
        raise ValueError(f"joined = {joined} must be a share, 0 to 1.")
    settings: dict[str, Any] = {
        "depth": depth,
        "heads": heads,
        "window": window,
        "attention": attention,
        "speakers": speakers,
        "distances": distances,
    }
    layer = torch_layer(
        "context",
        partial(ContextEncoder, dropout=dropout, joined=joined, precision=precision, **settings),
        n_out=width,
        convert_inputs=_convert_context_inputs,
        settings=settings,
    )
    layer.attrs["reach"] = depth * window if attention == "past" else None
    return layer


def build_no_context_v1(
    width: int = 384, depth: int = 2, dropout: float = 0.2
) -> Model[ContextInput, Floats2d]:
    """Make feed-forward layers that see each turn alone: the baseline without context."""
    build = partial(IsolatedTurnEncoder, depth=depth, dropout=dropout)
    layer = torch_layer("no_context", build, n_out=width, convert_inputs=_convert_context_inputs)
    layer.attrs["reach"] = 0
    return layer


def build_relation_classifier_v1(
    width: int = 128, dropout: float = 0.2
) -> Model[Floats2d, Floats2d]:
    """Put a relation network in the linear classifier's place; see `RelationClassifier`.

    Args:
        width: Width of the hidden layer that compares a turn with a prototype.
        dropout: Dropped share of the contextual vectors.
    """
    return torch_layer("classifier", partial(RelationClassifier, width=width, dropout=dropout))


def predict_next(
    model: Model[Dialogues, TurnOutput], utterance: Floats2d, relation: int, memory: Memory
) -> tuple[TurnOutput, Memory]:
    """Return what the model says of the next turn of a dialogue.

    Args:
        model: A trained `CasnModel`.
        utterance: The turn's utterance vector, (1, width).
        relation: Of its speaker, an index into `SPEAKER_RELATIONS`.
        memory: What the call before gave, or an empty list at the dialogue's beginning.
    """
    context, metric, classifier = (
        evaluating(model.get_ref(name).shims[0]._model)
        for name in ("context", "metric", "classifier")
    )
    device = next(context.parameters()).device
    with torch.inference_mode():
        turn = xp2torch(utterance, device=device)
        relations = torch.tensor([relation], device=device)
        hidden, memory = cast(ContextEncoder, context).step(turn, relations, memory)
        vectors, logits = metric(hidden), classifier(hidden)
    return TurnOutput(*(cast(Floats2d, torch2xp(head)) for head in (vectors, logits))), memory


def speaker_relations(dialogues: Iterable[Sequence[str]]) -> list[int]:
    """Return how each turn's speaker relates to the one before (`SPEAKER_RELATIONS`).

    Args:
        dialogues: The speakers of each dialogue's turns, "" where unknown.
    """
    unknown, same, changed = range(len(SPEAKER_RELATIONS))
    relations = []
    for speakers in dialogues:
        for before, speaker in zip(["", *speakers], speakers, strict=False):
            if before and speaker:
                relations.append(same if before == speaker else changed)
            else:
                relations.append(unknown)
    return relations


def _build_classifier(n_in: int, n_out: int, *, dropout: float) -> nn.Module:
    return nn.Sequential(Dropout(dropout), nn.Linear(n_in, n_out))


def _init_casn(model: Model, X: Dialogues | None = None, Y: Any = None) -> None:
    encoder, context, classifier, metric = model.layers
    encoder.initialize(X=X)
    context.set_dim("nI", encoder.get_dim("nO"))
    context.initialize()
    width = context.get_dim("nO")
    for head, n_out in ((classifier, model.get_dim("nO")), (metric, width)):
        head.set_dim("nI", width)
        head.set_dim("nO", n_out)
        head.initialize()


def _forward_casn(
    model: Model, inputs: Dialogues | list[Doc], is_train: bool
) -> tuple[TurnOutput, Any]:
    """Run the layers; Docs, as `spacy debug model` gives them, stand for their turns."""
    dialogues = [
        read_turns(dialogue, SPANS_KEY, line_turns) if isinstance(dialogue, Doc) else dialogue
        for dialogue in inputs
    ]
    encoder, context, classifier, metric = model.layers  # `Model.copy` loses the references
    utterances, backprop_encoder = encoder(dialogues, is_train)
    speakers = [[turn.id_ for turn in turns] for turns in dialogues]
    relations = model.ops.asarray1i(speaker_relations(speakers))
    contextual, backprop_context = context((utterances, relations), is_train)
    logits, backprop_classifier = classifier(contextual, is_train)
    vectors, backprop_metric = metric(contextual, is_train)

    def backprop(d_output: TurnOutput) -> Dialogues:
        d_contextual = backprop_classifier(d_output.logits)
        if d_output.vectors.any():  # it isn't where the objective has no distances
            d_contextual += backprop_metric(d_output.vectors)
        return backprop_encoder(backprop_context(d_contextual))

    return TurnOutput(vectors, logits), backprop


def _convert_context_inputs(
    model: Model, inputs: ContextInput, is_train: bool
) -> tuple[ArgsKwargs, Any]:
    utterances, relations = inputs
    device = cast(PyTorchShim, model.shims[0]).device
    args = (
        xp2torch(utterances.dataXd, requires_grad=is_train, device=device),
        xp2torch(utterances.lengths, device=device).long(),
        xp2torch(relations, device=device).long(),
    )

    def convert_gradient(gradient: ArgsKwargs) -> Ragged:
        return Ragged(torch2xp(gradient.args[0]), utterances.lengths)

    return ArgsKwargs(args=args, kwargs={}), convert_gradient
