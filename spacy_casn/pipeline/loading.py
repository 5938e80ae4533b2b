"""Loads a pipeline that is to have the component."""

import spacy
from spacy.language import Language

from .casn_emotion import CasnEmotion
from .pretrained import PRETRAINED, load


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
    return nlp, find_component(nlp, model)


def find_component(nlp: Language, model: str | None = None) -> CasnEmotion:
    """The `casn_emotion` of a pipeline.

    Args:
        nlp: The pipeline.
        model: What an error calls it; by default its name.

    Raises:
        ValueError: it has none.
    """
    for _, pipe in nlp.pipeline:
        if isinstance(pipe, CasnEmotion):
            return pipe
    raise ValueError(
        f"The pipeline '{model or nlp.meta['name']}' has {nlp.pipe_names}, but no casn_emotion: "
        f"add and train it."
    )
