"""Dialogues as Docs: one Doc a dialogue, one span a turn, in `doc.spans["turns"]`.

A transcript has one turn a line. Where lines begin with a name and a colon, the names are the
speakers; `transcripts` has the rule:

    Ann: Did you hear that?
    Ben: It was only the wind.
"""

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import cast

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab

from ..storage.shown import quoted
from .borders import part_words
from .extensions import register_extensions
from .inputs import as_list, as_name, as_text
from .transcripts import (
    MAX_SPEAKER_LENGTH,
    Transcript,
    can_be_read_back,
    clean_name,
    read_transcript,
)
from .types import Turns

SPANS_KEY = "turns"
EMPTY_TURN = "…"
"""Stands for a turn without words, so that it keeps its place in the transcript."""
LONGEST_RUN = 200
"""Characters without white space up to which the tokenizer's rules are applied: they take the
square of the run's length, ten seconds for ten thousand brackets."""

GetTurns = Callable[[Doc], list[Span]]

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_COLON = re.compile(r":(?=\s|$)|：")


def make_dialogue(
    nlp: Language,
    turns: Iterable[str | None],
    *,
    speakers: Iterable[str | int | None] | None = None,
    emotions: Iterable[str | None] | None = None,
    spans_key: str = SPANS_KEY,
) -> Doc:
    """Return a Doc with one span a turn, in order, in `doc.spans[spans_key]`.

    The text of the Doc is the transcript, from which `line_turns` gets the same turns and
    speakers back. Line breaks inside a turn become spaces; a turn without words is written
    as "…", half a character (a lone surrogate) as U+FFFD. Where a
    transcript without speakers would read as if it had some ("Note: bring cash" alone), each
    line begins with ": ", the prefix of an unknown speaker.

    Args:
        nlp: Pipeline whose tokenizer and vocabulary are used.
        turns: What is said: a list, an array or a column of a data frame; "", None or nan where
            nothing is.
        speakers: Who says it, turn by turn, by name or number; "", None or nan where unknown.
        emotions: The turns' labels; "", None or nan: unlabelled.
        spans_key: Name of the span group.

    Raises:
        ValueError: the numbers of turns, speakers and emotions differ; one of them is a single
            text; a value is no text; or an emotion holds half a character.
    """
    said = as_list(turns, "turns")
    given = {
        name: [None] * len(said) if values is None else as_list(values, name)
        for name, values in (("speakers", speakers), ("emotions", emotions))
    }
    for name, values in given.items():
        if len(values) != len(said):
            raise ValueError(f"{len(said)} turns, but {len(values)} {name}: give one a turn.")
    texts = [clean_turn(as_text(turn, f"Turn {number}")) for number, turn in enumerate(said, 1)]
    names = [
        clean_speaker(as_name(speaker, f"The speaker of turn {number}"))
        for number, speaker in enumerate(given["speakers"], 1)
    ]
    prefixed = any(names) or not _is_plain(texts)
    labels = [
        check_emotion(as_text(label, f"The emotion of turn {number}"), f"of turn {number}")
        for number, label in enumerate(given["emotions"], 1)
    ]
    prefixes = [f"{name}: " if prefixed else "" for name in names]
    doc = make_doc(nlp, "\n".join(map("".join, zip(prefixes, texts, strict=True))))
    ends = []
    start = 0
    for prefix, text in zip(prefixes, texts, strict=True):
        start += len(prefix)
        ends.append((start, start + len(text)))
        start += len(text) + 1
    doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=_spans(doc, ends, names, labels))
    return doc


def make_doc(nlp: Language, text: str) -> Doc:
    """Return the text, cut into words.

    Unlike `nlp.make_doc`, it takes a text of any length: what is too long for a parser isn't
    for us. Where a run without white space is longer than `LONGEST_RUN`, the words are what
    stands between white space.
    """
    tokenizer = nlp.tokenizer
    if isinstance(tokenizer, Tokenizer) and max(map(len, text.split()), default=0) > LONGEST_RUN:
        tokenizer = Tokenizer(nlp.vocab)
    return tokenizer(text)


def one_turn(vocab: Vocab, text: str) -> Span:
    """Return a turn that stands alone, in a Doc that isn't cut into words."""
    return Span(Doc(vocab, words=[text], spaces=[False]), 0, 1)


def line_turns(doc: Doc, *, strict: bool = False) -> list[Span]:
    """Return the turns of a transcript: see `transcripts`, whose rule this is.

    The `Speaker: ` prefix is kept out of the span, and its name becomes the span's `id_`. Where
    nothing is said, the span is that of the name. Warns where it is unclear whether lines begin
    with a speaker.

    Args:
        doc: Its text is the transcript.
        strict: Whether names are speakers only where each line begins with one.
    """
    text = doc.text
    found = read_transcript(text, strict=strict)
    if found.unclear is not None:
        warnings.warn(
            f"The dialogue {quoted(text)} gets no speakers: {unclear_speakers(found)}.",
            stacklevel=2,
        )
    ends = [
        (turn.begin if turn.start == turn.end else turn.start, turn.end) for turn in found.turns
    ]
    return Turns(_spans(doc, ends, [turn.speaker for turn in found.turns]))


def unclear_speakers(found: Transcript) -> str:
    """Return what leaves it open whether a transcript has speakers, and what to do."""
    return (
        f"line {found.unclear} names none, but {found.named} of {found.lines} lines do; begin it "
        f"with a name and a colon, or with ': ' if nobody knows who spoke, or join it to the line "
        f"before"
    )


def make_line_turns(strict: bool = False) -> GetTurns:
    """Make `spacy_casn.line_turns.v1`; see `line_turns`."""
    return partial(line_turns, strict=strict)


def read_turns(doc: Doc, spans_key: str, get_turns: GetTurns) -> Turns:
    """Return the turns in `doc.spans[spans_key]`, or else those of `get_turns`.

    Raises:
        ValueError: a turn is empty, begins before the one before it has ended, or lies beyond
            the end of the Doc.
    """
    try:
        turns = Turns(doc.spans.get(spans_key, []))
    except IndexError as error:
        raise ValueError(
            f"A turn of the dialogue {quoted(doc.text)} lies outside of it: give spans of the Doc "
            f'itself in doc.spans["{spans_key}"].'
        ) from error
    if not turns and len(doc):
        found = get_turns(doc)
        turns = found if isinstance(found, Turns) else Turns(found)
    end = 0
    for number, turn in enumerate(turns, 1):
        if turn.start < end or turn.start == turn.end:
            raise ValueError(
                f"Turn {number} ({quoted(turn.text)}) of the dialogue {quoted(doc.text)} is empty, "
                f"or overlaps or precedes the turn before it: give the spans in "
                f'doc.spans["{spans_key}"] in order, without overlap.'
            )
        end = turn.end
    return turns


def gold_labels(example: Example, turns: Sequence[Span], spans_key: str) -> list[str]:
    """Return the gold label of each of the predicted Doc's turns, "" where there is none.

    Gold turns and predicted ones are the same where their characters are.

    Raises:
        ValueError: a labelled gold turn has no counterpart.
    """
    reference = example.reference
    gold = reference.spans.get(spans_key, [])
    labels = {place_of(span): span.label_ for span in gold if span.label_}
    found = [labels.pop(place_of(turn), "") for turn in turns]
    if labels:
        start, end = next(iter(labels))
        raise ValueError(
            f"The labelled turn {quoted(reference.text[start:end])} of the dialogue "
            f"{quoted(reference.text)} is no turn of the Doc to be predicted: train and evaluate "
            f"with spacy_casn.DialogueCorpus.v1, or with transcripts of one turn a line."
        )
    return found


def place_of(turn: Span) -> tuple[int, int]:
    """Return the characters by which a predicted turn and a gold one are known to be the same."""
    return turn.start_char, turn.end_char


def clean_turn(text: str) -> str:
    """Return what is said on one line, in whole characters, as transcripts do; "…" for no words."""
    return _one_line(text) or EMPTY_TURN


def clean_speaker(name: str | None) -> str:
    """Return the speaker's name as a transcript has it, "" if unknown.

    What stands around it is left out, see `transcripts`; a colon before a space, which would end
    it, too, and what is longer than `MAX_SPEAKER_LENGTH`.
    """
    name = clean_name(_one_line(name or ""))[0]
    if name and not can_be_read_back(name):
        name = _COLON.sub("", name)[:MAX_SPEAKER_LENGTH]
        name = clean_name(name)[0]
    return name


def check_emotion(label: str, place: str) -> str:
    """Return the label; raises ValueError if it holds half a character, which can't be saved."""
    if _HALF_CHARACTER.search(label):
        raise ValueError(
            f"The emotion {quoted(label)} {place} holds half a character (a lone surrogate): "
            f"correct it."
        )
    return label


def whole_characters(text: str) -> str:
    """Return the text with halves joined, and U+FFFD for a lone one, which no UTF-8 holds."""
    if not _HALF_CHARACTER.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def says_something(text: str) -> bool:
    """Return whether there are words, numbers or pictures, not only punctuation or nothing."""
    if text[:1].isalnum():  # the rule below, for nearly all turns
        return True
    kinds = map(unicodedata.category, text.replace("\ufffd", ""))
    return any(kind[0] in "LN" or kind == "So" for kind in kinds)


def silent_turns(turns: Turns) -> list[bool]:
    """Return in which turns nothing is said: they have no words, or are the speaker's bare name."""
    return [
        not says_something(text)
        or (text[-1] in ":：" and bool(turn.id) and clean_name(text[:-1])[0] == turn.id_)
        for text, turn in zip(turns.texts, turns, strict=True)
    ]


def _is_plain(texts: list[str]) -> bool:
    """Return whether lines without prefixes would be read as these turns of nobody's."""
    transcript = "\n".join(texts)
    found = read_transcript(transcript)
    return found.unclear is None and [
        (transcript[turn.start : turn.end], turn.speaker) for turn in found.turns
    ] == [(text, "") for text in texts]


def _one_line(text: str) -> str:
    return " ".join(whole_characters(text).splitlines()).strip()


def _spans(
    doc: Doc,
    places: Sequence[tuple[int, int]],
    speakers: Sequence[str],
    labels: Sequence[str] | None = None,
) -> list[Span]:
    """Return the turns at these characters; words that reach over a border are parted."""
    given = [*zip(places, labels or [""] * len(places), speakers, strict=True)]
    exact = [doc.char_span(*place, label, span_id=speaker) for place, label, speaker in given]
    if all(exact):
        return cast(list[Span], exact)
    if not any(map(len, doc.spans.values())):
        part_words(doc, {border for place in places for border in place})
    spans = []
    for place, label, speaker in given:
        span = doc.char_span(*place, label, span_id=speaker, alignment_mode="expand")
        if span is None:
            raise ValueError(
                f"The Doc {quoted(doc.text)} has no tokens from {place[0]} to {place[1]}: give "
                f"other turns."
            )
        spans.append(span)
    return spans


register_extensions()
