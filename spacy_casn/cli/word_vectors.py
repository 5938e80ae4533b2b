"""`python -m spacy casn word-vectors`."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from .errors import clear_errors
from .printing import msg


def word_vectors_cli(
    model: Annotated[
        str, Argument(help="Pipeline with a sentence transformer: its directory, package or name.")
    ],
    output: Annotated[Path, Argument(help="New folder for the table.")],
    width: Annotated[int, Option("--width", "-w", help="Of the vectors.")] = 256,
) -> None:
    """Make a table of word vectors from a pipeline's sentence encoder, for a fast pipeline.

    python -m spacy casn word-vectors pretrained assets/words

    Each word piece goes through the encoder alone, some minutes on one core, by model2vec (extra
    `fast`). A pipeline is then trained on the table with the architecture
    spacy_casn.WordVectorEncoder.v1; it needs neither model2vec nor the sentence encoder.
    """
    from ..encoders.distilled_words import distil_words
    from ..encoders.sentence_transformer import SentenceEncoder
    from ..pipeline.loading import load_pipeline

    with clear_errors():
        encoder = load_pipeline(model)[1].utterance_encoder
        if not isinstance(encoder, SentenceEncoder):
            raise ValueError(f"'{model}' has no sentence transformer: give another pipeline.")
        pieces = distil_words(encoder, output, width)
    msg.good(f"Wrote the vectors of {pieces:,} word pieces, {width} wide, to '{output}'.")
