"""Loads a pipeline that is to have the component."""

import spacy
from spacy.language import Language

from .casn_emotion import CasnEmotion
from .component import find_component
from .pretrained import PRETRAINED, load


def load_pipeline(model: str) -> tuple[Language, CasnEmotion]:
    """Return a pipeline and its `casn_emotion`.

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
    return nlp, find_component(nlp, model)
