"""Labelled dialogues to measure a pipeline on, from a file of any format that can be read."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from spacy.language import Language
from spacy.tokens import SpanGroup
from spacy.training import Example

from ..corpora.labels import proposed
from ..data.dialogue import make_dialogue
from ..formats.docbin import ENDING
from ..formats.faults import Faults
from ..formats.reading import read_file
from ..formats.records import Columns
from ..storage.shown import listed, quoted
from ..training.corpus import DialogueCorpus, unlabelled


def labelled_dialogues(
    nlp: Language,
    data: Path,
    spans_key: str,
    *,
    columns: Columns | None = None,
    source_format: str | None = None,
) -> list[Example]:
    """Read dialogues; of a Doc to be predicted only the words, turns and speakers are known.

    Args:
        nlp: Pipeline whose tokenizer and vocabulary are used.
        data: A `.spacy` file, a folder of some, or a file of any format that can be read.
        spans_key: Name of the turns' span group.
        columns: Where what stands in a table; None for what its format finds by itself.
        source_format: The name of the file's format; None for that which it is recognised as.

    Raises:
        ValueError: there are none, or they can't be read.
    """
    named = columns is not None or source_format is not None
    if not named and (data.suffix == ENDING or not data.is_file()):
        return list(DialogueCorpus(data, spans_key=spans_key)(nlp))
    examples = []
    for dialogue in read_file(
        data, Faults(), columns=columns, source_format=source_format, spans_key=spans_key
    ):
        doc = make_dialogue(
            nlp,
            dialogue.turns,
            speakers=dialogue.speakers,
            emotions=dialogue.emotions,
            spans_key=spans_key,
        )
        examples.append(Example(unlabelled(doc, list(doc.spans[spans_key]), spans_key), doc))
    return examples


def rename_labels(
    examples: Sequence[Example], label_map: Mapping[str, str], spans_key: str
) -> None:
    """Give gold turns other labels, "" for none.

    Raises:
        ValueError: no turn has a label that is to be renamed.
    """
    found = _counts(examples, spans_key)
    for old in label_map:
        if old not in found:
            raise ValueError(
                f"No turn has the emotion {quoted(old)}, which is to be renamed by `label_map`: "
                f"give one that there is: {listed(sorted(found))}."
            )
    for example in examples:
        doc = example.reference
        spans = list(doc.spans.get(spans_key, []))
        for span in spans:
            span.label_ = label_map.get(span.label_, span.label_)
        doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=spans)


def check_labels(examples: Sequence[Example], labels: Sequence[str], spans_key: str) -> None:
    """Raise ValueError, with the map that would mend it, for gold labels that aren't known.

    Args:
        examples: The dialogues.
        labels: Those that the pipeline knows.
        spans_key: Name of the turns' span group.
    """
    unknown = {
        label: count
        for label, count in sorted(_counts(examples, spans_key).items())
        if label not in labels
    }
    if unknown:
        turns = sum(unknown.values())
        new = {label: proposed(label, labels) for label in unknown}
        others = ", where nothing behind the sign leaves the label out" * ("" in new.values())
        raise ValueError(
            f"{turns} {'turn has a label' if turns == 1 else 'turns have labels'} that the "
            f"pipeline doesn't know, {listed(list(unknown))}: rename them by `label_map`, such as "
            f"{', '.join(f'{old}={name}' for old, name in new.items())}{others}; it knows "
            f"{listed(labels)}."
        )


def _counts(examples: Sequence[Example], spans_key: str) -> Counter[str]:
    return Counter(
        span.label_
        for example in examples
        for span in example.reference.spans.get(spans_key, [])
        if span.label_
    )
