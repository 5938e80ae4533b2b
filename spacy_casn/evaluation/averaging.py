"""One pipeline with the mean weights of several, which costs no more than each of them."""

from collections.abc import Sequence
from pathlib import Path

import torch
from spacy.language import Language

from ..encoders.base import encoder_of
from ..encoders.learning_layer import LearningEncoder
from ..pipeline.casn_emotion import CasnEmotion
from ..pipeline.loading import load_pipeline
from ..storage.files import replaced_when_whole


def average(models: Sequence[str], output: Path) -> None:
    """Write what `mean_weights` gives as a pipeline's directory.

    Raises:
        ValueError: see `mean_weights`.
    """
    nlp = mean_weights(models)
    with replaced_when_whole(output) as folder:
        nlp.to_disk(folder)


def mean_weights(models: Sequence[str]) -> Language:
    """Return the first pipeline, each weight of which is the mean over all of them.

    Trainings that began with the same weights may be averaged, such as fine-tunings of one
    pipeline by several seeds, and the mean often labels better than each, above all what none of
    them has seen (Wortsman et al. 2022, Model soups). It has neither a temperature of its own
    yet nor what the first had learned of labels and similar turns since: calibrate it.

    Args:
        models: Directories, packages or names of pretrained pipelines.

    Raises:
        ValueError: fewer than two, one without `casn_emotion`, or ones that differ in their labels,
            in how their logits hold the label prior, or in the number and shapes of their weights.
    """
    if len(models) < 2:
        raise ValueError(f"An average of {len(models)} pipeline is none: give two or more.")
    nlp, pipe = load_pipeline(models[0])
    means = weights_of(pipe)
    with torch.no_grad():
        for number, model in enumerate(models[1:], 2):
            _, other = load_pipeline(model)
            weights = weights_of(other)
            if _kind(pipe) != _kind(other) or _shapes(means) != _shapes(weights):
                raise ValueError(
                    f"'{model}' has other labels or weights of another shape than '{models[0]}': "
                    f"give pipelines that began with the same weights."
                )
            # What is alike, as a frozen encoder's weights are, stays exactly as it is.
            for mean, weight in zip(means, weights, strict=True):
                mean += (weight - mean) / number
    encoder = encoder_of(pipe.model)
    if isinstance(encoder, LearningEncoder):
        encoder.weights_changed()
    pipe.cfg.update(temperature=1.0, learned=None)
    pipe.index = None
    nlp.meta.pop("performance", None)
    nlp.meta["averaged"] = len(models)  # for the model card
    return nlp


def weights_of(pipe: CasnEmotion) -> list[torch.Tensor]:
    """Return all weights of a component, those of its utterance encoder first."""
    encoder = encoder_of(pipe.model)
    modules = [encoder.model] if isinstance(encoder, LearningEncoder) else []
    modules += [
        shim._model
        for layer in pipe.model.walk()
        for shim in layer.shims
        if isinstance(shim._model, torch.nn.Module) and shim._model not in modules
    ]
    return [weight for module in modules for weight in module.parameters()]


def _kind(pipe: CasnEmotion) -> tuple[list[str], bool]:
    return list(pipe.cfg["labels"]), bool(pipe.cfg.get("priors_apart"))


def _shapes(weights: Sequence[torch.Tensor]) -> list[torch.Size]:
    return [weight.shape for weight in weights]
