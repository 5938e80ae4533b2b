"""Finds the component in a pipeline."""

from spacy.language import Language

from .casn_emotion import CasnEmotion


def find_component(nlp: Language, model: str | None = None) -> CasnEmotion:
    """Return the `casn_emotion` of a pipeline.

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
