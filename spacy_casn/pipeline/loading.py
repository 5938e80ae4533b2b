"""Loads a pipeline that is to have the component."""

from pathlib import Path

import spacy
from spacy.language import Language

from ..storage.errors import first_line
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
        except Exception as error:  # spaCy's, by which of its files is damaged
            if isinstance(error, OSError) and not Path(model).exists():
                raise ValueError(
                    f"No pipeline '{model}': give its directory or package, or '{PRETRAINED}'."
                ) from error
            if isinstance(error, ValueError) and "\n" not in str(error):
                raise
            raise ValueError(
                f"The pipeline '{model}' can't be loaded ({first_line(error)}): get it again, or "
                f"train it anew."
            ) from error
    return nlp, find_component(nlp, model)
