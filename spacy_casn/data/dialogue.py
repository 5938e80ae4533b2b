"""Dialogues as Docs: one Doc a dialogue, one span a turn, in `doc.spans["turns"]`.

A transcript has one turn a line. Where every line begins with a name and a colon, the
names are the speakers:

    Ann: Did you hear that?
    Ben: It was only the wind.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from operator import attrgetter

from spacy.language import Language
from spacy.tokenizer import Tokenizer
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab

from .types import Turn

SPANS_KEY = "turns"
EMPTY_TURN = "…"
"""Stands for a turn without words, so that it keeps its place in the transcript."""
MAX_SPEAKER_LENGTH = 50
"""Characters; what is longer and stands before a colon is taken for speech."""
LONGEST_RUN = 200
"""Characters without white space up to which the tokenizer's rules are applied: they take the
square of the run's length, ten seconds for ten thousand brackets."""

GetTurns = Callable[[Doc], list[Span]]

_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_PREFIX = re.compile(rf"([^\S\r\n]*+)(.{{0,{MAX_SPEAKER_LENGTH}}}?):(?:\s|$)")


def make_dialogue(
    nlp: Language,
    turns: Sequence[str],
    *,
    speakers: Sequence[str | None] | None = None,
    emotions: Sequence[str | None] | None = None,
    spans_key: str = SPANS_KEY,
) -> Doc:
    """A Doc with one span a turn, in order, in `doc.spans[spans_key]`.

    The text of the Doc is the transcript, from which `line_turns` gets the same turns and
    speakers back. Line breaks inside a turn become spaces; a turn without words is written
    as "…", half a character (a lone surrogate) as U+FFFD. Where a
    transcript without speakers would read as if it had some ("Note: bring cash" alone), each
    line begins with ": ", the prefix of an unknown speaker.

    Args:
        nlp: Pipeline whose tokenizer and vocabulary are used.
        turns: What is said.
        speakers: Who says it, turn by turn; "" or None where unknown.
        emotions: The turns' labels; "" or None: unlabelled.
        spans_key: Name of the span group.

    Raises:
        ValueError: the numbers of turns, speakers and emotions differ, a speaker's name can't
            stand before a colon, or an emotion holds half a character.
    """
    for name, values in (("speakers", speakers), ("emotions", emotions)):
        if values is not None and len(values) != len(turns):
            raise ValueError(f"{len(turns)} turns, but {len(values)} {name}: give one a turn.")
    texts = [clean_turn(turn) for turn in turns]
    names = [
        clean_speaker(speaker, number)
        for number, speaker in enumerate(speakers or [None] * len(texts), 1)
    ]
    prefixed = any(names) or (bool(texts) and all(_PREFIX.match(text) for text in texts))
    labels = [
        check_emotion(label or "", f"of turn {number}")
        for number, label in enumerate(emotions or [""] * len(texts), 1)
    ]
    prefixes = [f"{name}: " if prefixed else "" for name in names]
    doc = make_doc(nlp, "\n".join(map("".join, zip(prefixes, texts, strict=True))))
    spans = []
    start = 0
    for prefix, text, name, label in zip(prefixes, texts, names, labels, strict=True):
        start += len(prefix)
        spans.append(_char_span(doc, start, start + len(text), label, name))
        start += len(text) + 1
    doc.spans[spans_key] = SpanGroup(doc, name=spans_key, spans=spans)
    return doc


def make_doc(nlp: Language, text: str) -> Doc:
    """The text, cut into words.

    Unlike `nlp.make_doc`, it takes a text of any length: what is too long for a parser isn't
    for us. Where a run without white space is longer than `LONGEST_RUN`, the words are what
    stands between white space.
    """
    tokenizer = nlp.tokenizer
    if isinstance(tokenizer, Tokenizer) and max(map(len, text.split()), default=0) > LONGEST_RUN:
        tokenizer = Tokenizer(nlp.vocab)
    return tokenizer(text)


def one_turn(vocab: Vocab, text: str) -> Span:
    """A turn that stands alone, in a Doc that isn't cut into words."""
    return Span(Doc(vocab, words=[text], spaces=[False]), 0, 1)


def line_turns(doc: Doc) -> list[Span]:
    """The turns of a transcript: one a non-empty line.

    Where each of these lines begins with `Speaker: `, that prefix is kept out of the span
    and its name becomes the span's `id_`.
    """
    return [_char_span(doc, start, end, "", speaker) for start, end, speaker in _lines(doc.text)]


def transcript_turns(transcript: str) -> list[Turn]:
    """Return the turns of a transcript, as `line_turns` finds them."""
    return [Turn(transcript[start:end], speaker) for start, end, speaker in _lines(transcript)]


def _lines(transcript: str) -> list[tuple[int, int, str]]:
    """Where each turn begins and ends, in characters, and its speaker."""
    lines = []
    start = 0
    for line in transcript.splitlines(keepends=True):
        if line.strip():
            lines.append((start, line))
        start += len(line)
    prefixes = [_PREFIX.match(line) for _, line in lines]
    has_speakers = all(prefixes)
    found = []
    for (start, line), prefix in zip(lines, prefixes, strict=True):
        name = ""
        if has_speakers and prefix is not None:
            name = prefix[2].strip()
            if line[prefix.end() :].strip():
                start, line = start + prefix.end(), line[prefix.end() :]
        left = len(line) - len(line.lstrip())
        found.append((start + left, start + len(line.rstrip()), name))
    return found


def check_speakers(transcript: str, place: str) -> None:
    """Refuse a transcript that names speakers on most of its lines, but not on all.

    `line_turns` would take their names for something that was said.

    Args:
        transcript: One turn a line.
        place: Where it came from, for the message.

    Raises:
        ValueError: more than half of the lines begin with a name, and others don't.
    """
    lines = [(n, line) for n, line in enumerate(transcript.splitlines(), 1) if line.strip()]
    unnamed = [number for number, line in lines if not _PREFIX.match(line)]
    if unnamed and 2 * len(unnamed) < len(lines):
        raise ValueError(
            f"{place}, line {unnamed[0]}: it names no speaker, but {len(lines) - len(unnamed)} of "
            f"{len(lines)} lines do: begin it with a name and a colon, or with ': ' if nobody "
            f"knows who spoke, or join it to the line before."
        )


def make_line_turns() -> GetTurns:
    """Registered as `spacy_casn.line_turns.v1`; see `line_turns`."""
    return line_turns


def read_turns(doc: Doc, spans_key: str, get_turns: GetTurns) -> list[Span]:
    """The turns that stand in `doc.spans[spans_key]`, or else those of `get_turns`.

    Raises:
        ValueError: a turn is empty, begins before the one before it has ended, or lies beyond
            the end of the Doc.
    """
    try:
        turns = list(doc.spans.get(spans_key, []))
    except IndexError as error:
        raise ValueError(
            f"A turn of the dialogue '{doc.text[:40]}' lies outside of it: give spans of the Doc "
            f'itself in doc.spans["{spans_key}"].'
        ) from error
    if not turns and len(doc):
        turns = get_turns(doc)
    end = 0
    for number, turn in enumerate(turns, 1):
        if turn.start < end or turn.start == turn.end:
            raise ValueError(
                f"Turn {number} ('{turn.text[:40]}') of the dialogue '{doc.text[:40]}' is empty, "
                f"or overlaps or precedes the turn before it: give the spans in "
                f'doc.spans["{spans_key}"] in order, without overlap.'
            )
        end = turn.end
    return turns


def gold_labels(example: Example, turns: Sequence[Span], spans_key: str) -> list[str]:
    """The gold label of each of the predicted Doc's turns, "" where there is none.

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
            f"The labelled turn '{reference.text[start:end][:40]}' of the dialogue "
            f"'{reference.text[:40]}' is no turn of the Doc to be predicted: train and evaluate "
            f"with spacy_casn.DialogueCorpus.v1, or with transcripts of one turn a line."
        )
    return found


def place_of(turn: Span) -> tuple[int, int]:
    """The characters by which a predicted turn and a gold one are known to be the same."""
    return turn.start_char, turn.end_char


def clean_turn(text: str) -> str:
    """What is said, as a transcript has it: on one line, in whole characters, "…" for no words."""
    return _one_line(text) or EMPTY_TURN


def clean_speaker(name: str | None, number: int) -> str:
    """The speaker's name as a transcript has it, "" if unknown.

    Args:
        name: The name as it was given.
        number: Of the turn, for the message.

    Raises:
        ValueError: the name can't stand before a colon.
    """
    name = _one_line(name or "")
    match = _PREFIX.match(f"{name}: ")
    if name and (match is None or match[2].strip() != name):
        raise ValueError(
            f"The speaker '{name[:80]}' of turn {number} can't be told from what is said: give a "
            f"name of at most {MAX_SPEAKER_LENGTH} characters, with no colon before a space."
        )
    return name


def check_emotion(label: str, place: str) -> str:
    """The label; raises ValueError if it holds half a character, which could not be saved."""
    if _HALF_CHARACTER.search(label):
        raise ValueError(
            f"The emotion {label[:80]!r} {place} holds half a character (a lone surrogate): "
            f"correct it."
        )
    return label


def whole_characters(text: str) -> str:
    """The text with two halves joined, and U+FFFD for a lone one, which no UTF-8 can hold."""
    if not _HALF_CHARACTER.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _one_line(text: str) -> str:
    return " ".join(whole_characters(text).splitlines()).strip()


def _char_span(doc: Doc, start: int, end: int, label: str, speaker: str) -> Span:
    span = doc.char_span(start, end, label=label, span_id=speaker, alignment_mode="expand")
    if span is None:
        raise ValueError(
            f"The Doc '{doc.text[:40]}' has no tokens from {start} to {end}: give other turns."
        )
    return span


def _get_speaker(span: Span) -> str:
    return span.id_


def _get_emotion_scores(span: Span) -> dict[str, float]:
    for group in span.doc.spans.values():
        if not {"scores", "labels"} <= group.attrs.keys():
            continue
        row = bisect_left(group, span.start, key=attrgetter("start"))
        if row < len(group) and (group[row].start, group[row].end) == (span.start, span.end):
            scores = group.attrs["scores"][row].tolist()
            return dict(zip(group.attrs["labels"], scores, strict=True))
    return {}


def register_extensions() -> None:
    """Add `span._.speaker` and `span._.emotion_scores`, unless they are there."""
    for name, getter in (("speaker", _get_speaker), ("emotion_scores", _get_emotion_scores)):
        if not Span.has_extension(name):
            Span.set_extension(name, getter=getter)


register_extensions()
