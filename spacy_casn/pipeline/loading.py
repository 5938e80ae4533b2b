"""Loads a pipeline that is to have the component."""

import spacy
from spacy.language import Language

from ..pretrained import PRETRAINED, load
from .casn_emotion import CasnEmotion


def load_pipeline(model: str) -> tuple[Language, CasnEmotion]:
    """A pipeline and its `casn_emotion`.

    Args:
        model: The pipeline's directory or package; or "pretrained", for the one that comes with
            this package.

    Raises:
        ValueError: no pipeline, or one without the component.
    """
    if model == PRETRAINED:
        nlp = load()
    else:
        try:
            nlp = spacy.load(model)
        except OSError as error:
            raise ValueError(
                f"No pipeline '{model}': give its directory or package, or '{PRETRAINED}'."
            ) from error
    return nlp, find_component(nlp)


def find_component(nlp: Language) -> CasnEmotion:
    """A pipeline's `casn_emotion`, whatever its name; raises ValueError if it has none."""
    for _, pipe in nlp.pipeline:
        if isinstance(pipe, CasnEmotion):
            return pipe
    raise ValueError(f"The pipeline has {nlp.pipe_names}, but no casn_emotion: add and train it.")
