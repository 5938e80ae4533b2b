"""Data frames of pandas and polars: turns in, emotions out."""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from typing import Any

from spacy.language import Language
from spacy.tokens import Doc

from ..data.dialogue import SPANS_KEY
from ..data.extensions import emotion_scores
from ..data.inputs import as_name, as_text, is_missing
from ..data.types import Dialogue
from ..formats.faults import Faults
from ..formats.layout import prefixed, score_columns
from ..pipeline.component import find_component
from .annotator import Annotator

Frame = Any
"""A data frame of pandas or polars."""
BACKENDS = ("pandas", "polars", "pyarrow")
"""The libraries whose data frames `to_dataframe` can make."""


def annotate_dataframe(
    nlp: Language,
    frame: Frame,
    *,
    text: str,
    dialogue: str | Sequence[str] | None = None,
    speaker: str | None = None,
    batch_size: int = 128,
) -> Frame:
    """Return a copy of a data frame with the emotion of each row's turn.

    It has the rows and columns of the frame, as they were, and the columns `emotion`, `score` and
    `score_<label>` behind them, with the prefix `casn_` where the frame has one of these names.
    A turn in which nothing is said has the emotion "" and no scores.

        frame = spacy_casn.annotate_dataframe(
            nlp, frame, dialogue="call", text="said", speaker="who"
        )

    Args:
        nlp: A pipeline with `casn_emotion`.
        frame: One turn a row, in the order in which they were said; the dialogues' rows may be
            mixed.
        text: Column of what is said; missing where nothing is.
        dialogue: Column that tells dialogues apart, or several that do so together; None where
            all rows are one dialogue.
        speaker: Column of who says it, names or whole numbers; None where nobody knows.
        batch_size: Dialogues that are run at once.

    Raises:
        ValueError: no data frame, a column that isn't there, a cell that is no text, or the extra
            `dataframe` isn't installed.
    """
    nw = _narwhals()
    try:
        table = nw.from_native(frame, eager_only=True)
    except TypeError as error:
        raise ValueError(
            f"`frame` is of type {type(frame).__name__}: give a data frame of pandas or polars."
        ) from error
    keys = [dialogue] if isinstance(dialogue, str) else list(dialogue or ())
    columns = {name: _cells(table, name) for name in (text, *keys, *filter(None, [speaker]))}
    rows: dict[tuple[Any, ...], list[int]] = {}
    for row, key in enumerate(zip(*(columns[name] for name in keys), strict=True)):
        if any(map(is_missing, key)):
            raise ValueError(f"Row {row + 1} names no dialogue in {keys}: give its cell a name.")
        rows.setdefault(key, []).append(row)
    if not keys:
        rows[()] = list(range(len(table)))
    annotator = Annotator(nlp, find_component(nlp))
    turns = (_dialogue(columns, text, speaker, places) for places in rows.values())
    labels = annotator.labels
    emotions: list[str] = [""] * len(table)
    scores: list[list[float | None]] = [[None] * (1 + len(labels))] * len(table)
    results = annotator.results(turns, Faults(), batch_size=batch_size)
    for places, result in zip(rows.values(), results, strict=True):
        for row, emotion, values, silent in zip(
            places, result.emotions, result.scores.tolist(), result.silent, strict=True
        ):
            emotions[row] = emotion
            if not silent:
                scores[row] = [max(values), *values]
    added = prefixed(["emotion", "score", *score_columns(labels)], set(table.columns))
    values = [emotions, *([row[place] for row in scores] for place in range(1 + len(labels)))]
    types = [nw.String(), *[nw.Float64()] * (1 + len(labels))]
    new = [
        nw.new_series(name, column, dtype, backend=table.implementation)
        for name, column, dtype in zip(added, values, types, strict=True)
    ]
    if table.implementation.is_pandas():
        new = [nw.maybe_set_index(column, index=frame.index) for column in new]
    return table.with_columns(*new).to_native()


def to_dataframe(
    docs: Doc | Iterable[Doc], *, backend: str = "pandas", spans_key: str = SPANS_KEY
) -> Frame:
    """Return the turns of dialogues as a data frame, one a row.

    Its columns are `dialogue` (a number from 1), `turn` (likewise), `speaker`, `text`, `emotion`,
    `score` and `score_<label>`.

    Args:
        docs: Dialogues, with or without labels and scores.
        backend: "pandas", "polars" or "pyarrow".
        spans_key: Name of the span group with their turns.

    Raises:
        ValueError: something that is no Doc, an unknown backend, or the extra `dataframe` isn't
            installed.
    """
    if backend not in BACKENDS or find_spec(backend) is None:
        raise ValueError(
            f"`backend` = {backend!r}: give one that is installed, of {', '.join(BACKENDS[:-1])} "
            f"and {BACKENDS[-1]}."
        )
    nw = _narwhals()
    rows: list[tuple[Any, ...]] = []
    scored: list[dict[str, float]] = []
    for number, doc in enumerate([docs] if isinstance(docs, Doc) else docs, 1):
        if not isinstance(doc, Doc):
            raise ValueError(
                f"Number {number} of docs is a {type(doc).__name__}, no Doc: give what nlp(...) "
                f"returns."
            )
        for turn, span in enumerate(doc.spans.get(spans_key, []), 1):
            known = emotion_scores(span)
            scored.append(known if any(known.values()) else {})
            rows.append((number, turn, span.id_, span.text, span.label_))
    labels = list(dict.fromkeys(label for known in scored for label in known))
    names = ("dialogue", "turn", "speaker", "text", "emotion")
    columns: dict[str, list[Any]] = {
        name: [row[place] for row in rows] for place, name in enumerate(names)
    }
    columns["score"] = [max(known.values(), default=None) for known in scored]
    for label, name in zip(labels, score_columns(labels), strict=True):
        columns[name] = [known.get(label) for known in scored]
    schema = {
        name: nw.Int64() if name in names[:2] else nw.String() if name in names else nw.Float64()
        for name in columns
    }
    return nw.from_dict(columns, schema, backend=backend).to_native()


def _cells(table: Any, column: str) -> list[Any]:
    if column not in table.columns:
        raise ValueError(
            f"No column '{column}': the data frame has {', '.join(map(str, table.columns))}; name "
            f"one of them."
        )
    cells: list[Any] = table[column].to_list()
    return cells


def _dialogue(
    columns: dict[str, list[Any]], text: str, speaker: str | None, rows: list[int]
) -> Dialogue:
    turns = [as_text(columns[text][row], f"Row {row + 1}, '{text}',") for row in rows]
    speakers = [""] * len(rows)
    if speaker is not None:
        speakers = [as_name(columns[speaker][row], f"Row {row + 1}, '{speaker}',") for row in rows]
    return Dialogue(turns, speakers, [""] * len(rows), f"Row {rows[0] + 1}" if rows else "")


def _narwhals() -> Any:
    try:
        import narwhals
    except ModuleNotFoundError as error:
        raise ValueError(
            f"Data frames need the package {error.name}: `pip install spacy-casn[dataframe]`."
        ) from error
    return narwhals
