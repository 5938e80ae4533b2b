"""Reads files of annotated dialogues."""

from collections.abc import Mapping
from typing import Any

from spacy.tokens import Doc
from spacy.vocab import Vocab

from ..annotation.plan import find_sources
from ..compat import msgpack_plugins_known
from ..data.dialogue import SPANS_KEY
from ..data.types import Dialogue
from ..formats.base import Options
from ..formats.layout import PREFIX
from ..formats.reading import opened
from ..formats.records import Columns
from ..formats.registry import find_format
from ..storage.shown import listed
from .moments import moment_of, seconds_of
from .table import TableBuilder, TurnTable


def read_table(
    source: str,
    *,
    source_format: str | None = None,
    columns: Columns | None = None,
    emotion_column: str | None = None,
    role_column: str | None = None,
    time_column: str | None = None,
) -> TurnTable:
    """Read what `annotate` wrote, in any of its formats.

    Args:
        source: A file, a folder with files of one format, or "-" for stdin.
        source_format: The name of one of `formats.registry.formats()`; by default what the
            content is recognised as.
        columns: Where what stands in tables.
        emotion_column: Where the emotion stands; by default in `casn_emotion` or `emotion`.
        role_column: What the speaker is, such as customer or agent; by default `role`, if there.
        time_column: When a turn was said, a date or the seconds of a recording; by default one
            of `moments.TIME_FIELDS` and `moments.SECONDS_FIELDS`, if there.

    Raises:
        ValueError: something can't be read, with its place; a column isn't there; or no turn has
            an emotion.
    """
    given = None if source_format is None else find_format(source_format, "source_format")
    sources, known = find_sources(source, given)
    builder = TableBuilder()
    vocab = Vocab()
    named = {"emotion_column": emotion_column, "role_column": role_column}
    named["time_column"] = time_column
    with (
        msgpack_plugins_known(),
        opened([(each, known) for each in sources], Options(columns)) as reading,
    ):
        names = reading.header.names
        for parameter, column in named.items():
            if reading.header.is_table and column is not None and column not in names:
                raise ValueError(
                    f"`{parameter}` = '{column}': the columns of '{source}' are "
                    f"{listed(names)}; name one of them."
                )
        for dialogue in reading.dialogues:
            if dialogue.packed is not None:
                doc = Doc(vocab).from_bytes(dialogue.packed)
                builder.add_doc(dialogue.name, doc, SPANS_KEY)
            else:
                _add(builder, dialogue, emotion_column, role_column, time_column)
    return builder.table()


def _add(
    builder: TableBuilder,
    dialogue: Dialogue,
    emotion_column: str | None,
    role_column: str | None,
    time_column: str | None,
) -> None:
    builder.begin(dialogue.name)
    fields = dialogue.fields or [{} for _ in dialogue.turns]
    rows = zip(dialogue.turns, dialogue.speakers, dialogue.emotions, fields, strict=True)
    for text, speaker, emotion, known in rows:
        prefix = PREFIX if f"{PREFIX}emotion" in known else ""
        label = known.get(emotion_column or f"{prefix}emotion", emotion)
        builder.add(
            text,
            speaker,
            str(label or ""),
            _score(known, label, prefix),
            role=str(known.get(role_column or "role") or ""),
            moment=moment_of(known, time_column),
            seconds=seconds_of(known, time_column),
        )


def _score(fields: Mapping[str, Any], label: Any, prefix: str) -> float | None:
    """Return the label's probability: a cell of its own, or one of all labels' scores."""
    scores = fields.get(f"{prefix}scores")
    value = scores.get(label) if isinstance(scores, Mapping) else fields.get(f"{prefix}score")
    try:
        return None if value is None else float(value)
    except ValueError:
        return None
