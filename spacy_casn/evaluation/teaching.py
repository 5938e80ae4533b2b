"""A teacher's probabilities, written beside the gold labels that a student learns from."""

from collections.abc import Sequence
from pathlib import Path

from spacy.tokens import Doc, DocBin

from ..data.types import Vectors
from ..storage.files import replaced_when_whole
from ..storage.shown import quoted
from ..training.joint import corpus_of
from .evaluate import load_with_examples

Kind = tuple[str, tuple[str, ...]]
"""The name of the group of spans, and their possible labels."""


def teach(data: Path, output: Path, teachers: Sequence[str], *, calibrated: bool = True) -> int:
    """Write dialogues with the mean of what pipelines hold for each turn's probabilities.

    They stand in the turns' `attrs["scores"]`, their labels in `attrs["labels"]`, as
    predictions do; the turns' own labels stay the gold ones.

    Args:
        data: A `.spacy` file or folder of labelled dialogues.
        output: The `.spacy` file to write.
        teachers: The pipelines' directories or packages.
        calibrated: Take their probabilities as they give them, not as training left them.

    Returns:
        How many dialogues were written.

    Raises:
        ValueError: no pipeline with `casn_emotion`, no dialogues or one without gold turns, or
            pipelines with different labels or groups of spans.
    """
    docs, scores, kind = _scored(teachers[0], data, calibrated)
    for teacher in teachers[1:]:
        _, more, other_kind = _scored(teacher, data, calibrated)
        if other_kind != kind:
            raise ValueError(
                f"'{teacher}' gives {_told(other_kind)}, but '{teachers[0]}' {_told(kind)}: name "
                f"teachers that were trained for the same."
            )
        for rows, added in zip(scores, more, strict=True):
            rows += added
    spans_key, labels = kind
    packed = DocBin(store_user_data=True)
    for number, (doc, rows) in enumerate(zip(docs, scores, strict=True), 1):
        if len(doc.spans.get(spans_key, [])) != len(rows):
            raise ValueError(
                f"'{data}', dialogue {number} ({quoted(doc.text)}) has no labelled turns in "
                f"doc.spans['{spans_key}'] to be taught with: make the file by "
                f"`python -m spacy casn convert`."
            )
        doc.spans[spans_key].attrs |= {"scores": rows / len(teachers), "labels": list(labels)}
        packed.add(doc)
    with replaced_when_whole(output) as temporary:
        temporary.write_bytes(packed.to_bytes())
    return len(docs)


def _scored(teacher: str, data: Path, calibrated: bool) -> tuple[list[Doc], list[Vectors], Kind]:
    """Return the gold dialogues, and the probabilities of each one's turns.

    A teacher that was trained on their corpus decides by that corpus' prior.
    """
    nlp, pipe, examples = load_with_examples(teacher, data)
    if not calibrated:
        pipe.cfg["temperature"] = 1.0
    corpora = {corpus_of(example, pipe.spans_key) for example in examples}
    if len(corpora) == 1 and (corpus := corpora.pop()) in pipe.known_priors:
        pipe.label_prior = corpus
    docs = nlp.pipe(example.predicted for example in examples)
    scores = [doc.spans[pipe.spans_key].attrs["scores"] for doc in docs]
    return [example.reference for example in examples], scores, (pipe.spans_key, pipe.labels)


def _told(kind: Kind) -> str:
    spans_key, labels = kind
    return f"{list(labels)} to the spans '{spans_key}'"
