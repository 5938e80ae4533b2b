"""Loads a pipeline that is to have the component."""

from spacy.language import Language

from .casn_emotion import CasnEmotion
from .component import find_component
from .pretrained import load


def load_pipeline(model: str) -> tuple[Language, CasnEmotion]:
    """Return a pipeline and its `casn_emotion`.

    Args:
        model: The pipeline's directory or package, or the name of a pretrained one; see `load`.

    Raises:
        ValueError: no pipeline, or one without the component.
    """
    nlp = load(model)
    return nlp, find_component(nlp, model)
