"""What `span._` says of a turn: `speaker` and `emotion_scores`."""

import warnings
from bisect import bisect_left
from operator import attrgetter

from spacy.tokens import Span, SpanGroup

from ..storage.shown import quoted


def speaker(span: Span) -> str:
    """Return who says a turn, "" if unknown."""
    return span.id_


def emotion_scores(span: Span) -> dict[str, float]:
    """Return the probability of each label, empty where the span is no turn with scores.

    A span doesn't know its group: where components have labelled the same turns in several
    groups, it is the one in which the span has the label that it has here.

    Raises:
        ValueError: several groups have the turn with this label, but with other scores; or turns
            lie outside of the Doc.
    """
    found: dict[str, dict[str, float]] = {}
    same_label: dict[str, dict[str, float]] = {}
    for key, group in span.doc.spans.items():
        if {"scores", "labels"} <= group.attrs.keys():
            row = _row_of(span, group, key)
            if row is not None:
                scores = group.attrs["scores"][row].tolist()
                found[key] = dict(zip(group.attrs["labels"], scores, strict=True))
                if group[row] == span:
                    same_label[key] = found[key]
    found = same_label or found
    answers = list(found.values())
    if any(scores != answers[0] for scores in answers):
        raise ValueError(
            f"The turn {quoted(span.text)} stands in {list(found)}, with other scores in each: "
            f'take them from its group, such as doc.spans["{next(iter(found))}"].attrs["scores"].'
        )
    return answers[0] if answers else {}


def register_extensions() -> None:
    """Add `span._.speaker` and `span._.emotion_scores`; warns where others have such a name."""
    for getter in (speaker, emotion_scores):
        name = getter.__name__
        if not Span.has_extension(name):
            Span.set_extension(name, getter=getter)
        elif Span.get_extension(name)[2] is not getter:
            warnings.warn(
                f"span._.{name} was registered before spacy_casn and stays as it is, so it isn't "
                f"a turn's: call spacy_casn.data.extensions.{name}(span), or give the other "
                f"another name.",
                stacklevel=2,
            )


def _row_of(span: Span, group: SpanGroup, key: str) -> int | None:
    try:
        row = bisect_left(group, span.start, key=attrgetter("start"))
        same = row < len(group) and (group[row].start, group[row].end) == (span.start, span.end)
    except IndexError as error:
        raise ValueError(
            f"A turn in doc.spans['{key}'] lies outside of the dialogue {quoted(span.doc.text)}, "
            f"whose words were merged or split since: put components that do so, such as "
            f"merge_entities, before casn_emotion."
        ) from error
    return row if same else None
