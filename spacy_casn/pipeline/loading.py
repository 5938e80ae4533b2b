"""Loads a pipeline that is to have the component."""

import spacy
from spacy.language import Language

from .casn_emotion import CasnEmotion


def load_pipeline(model: str) -> tuple[Language, CasnEmotion]:
    """A pipeline and its `casn_emotion`.

    Args:
        model: The pipeline's directory or package.

    Raises:
        ValueError: no pipeline, or one without the component.
    """
    try:
        nlp = spacy.load(model)
    except OSError as error:
        raise ValueError(f"No pipeline '{model}': give its directory or package.") from error
    for _, pipe in nlp.pipeline:
        if isinstance(pipe, CasnEmotion):
            return nlp, pipe
    raise ValueError(f"The pipeline '{model}' has {nlp.pipe_names}, but no casn_emotion.")
