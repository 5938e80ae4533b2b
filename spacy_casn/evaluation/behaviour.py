"""Short cases that say how a pipeline is to behave, and how often it doesn't.

In the manner of Ribeiro et al. 2020, Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList. A suite is a folder with one file of JSON lines for each capability; the README of
`tests/behaviour` describes it.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from spacy.language import Language
from spacy.tokens import Doc, Span

from ..data.dialogue import make_dialogue
from ..data.extensions import emotion_scores
from ..pipeline.component import find_component
from ..storage import strict_json

Kind = Literal["must be", "must not change", "must rise"]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""What is asked of a case's last turn: one of some labels; the same label as in a changed
dialogue; a higher probability of an emotion there."""
FIELDS: dict[Kind, set[str]] = {
    "must be": {"turns", "emotions"},
    "must not change": {"turns", "changed"},
    "must rise": {"turns", "changed", "emotion"},
}
Turns = list[dict[str, str]]
"""Each with a `text`, and perhaps a `speaker`."""


@dataclass(frozen=True)
class Case:
    """What is asked of the last turn of a dialogue.

    Args:
        id: Its name.
        capability: What it is about, the name of its file.
        kind: What is asked.
        turns: The dialogue.
        changed: The same with another wording; empty where the label must be one of some.
        emotions: The labels that it must be one of, or the one whose probability must rise.
    """

    id: str
    capability: str
    kind: Kind
    turns: Turns
    changed: Turns
    emotions: tuple[str, ...]

    def failed(self, last: Span, changed: Span | None, labels: Sequence[str]) -> bool:
        """Say whether the last turn, and that of the changed dialogue, fail the case."""
        if changed is None:
            return last.label_ not in self.emotions
        if self.kind == "must not change":
            return last.label_ != changed.label_
        (emotion,) = self.emotions
        return not emotion_scores(changed)[emotion] > emotion_scores(last)[emotion]


def read_suite(folder: Path) -> list[Case]:
    """Read the cases of all `.jsonl` files of a folder, in the order of their names.

    Raises:
        ValueError: no cases, or a line that is none.
    """
    cases = []
    for file in sorted(folder.glob("*.jsonl")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            try:
                cases.append(_read_case(strict_json.loads(line), file.stem))
            except (ValueError, TypeError, LookupError) as error:
                raise ValueError(
                    f"'{file}', line {number}, is no case ({error}): give an id, a kind, which is "
                    f"one of {', '.join(KINDS)}, and what that kind needs."
                ) from error
    if not cases:
        raise ValueError(f"'{folder}' holds no cases: give a folder with .jsonl files of them.")
    return cases


def measure_behaviour(nlp: Language, folder: Path) -> dict[str, Any]:
    """Say how many cases of a suite a pipeline fails.

    Args:
        nlp: A trained pipeline with `casn_emotion`.
        folder: The suite.

    Returns:
        `cases` and `failed` in all; the same for each kind in `all`, and in `capabilities` for
        each capability and kind; `failures`, the ids of the failed cases.

    Raises:
        ValueError: a case can't be read, or asks for a label that the pipeline doesn't know.
    """
    cases = read_suite(folder)
    pipe = find_component(nlp)
    for case in cases:
        unknown = set(case.emotions) - set(pipe.labels)
        if unknown:
            raise ValueError(
                f"The case '{case.id}' of '{folder}' asks for '{min(unknown)}', which is none of "
                f"the pipeline's labels {list(pipe.labels)}: give a suite for these labels."
            )
    dialogues = [turns for case in cases for turns in (case.turns, case.changed) if turns]
    docs = nlp.pipe(_dialogue(nlp, turns, pipe.spans_key) for turns in dialogues)
    lasts = (doc.spans[pipe.spans_key][-1] for doc in docs)
    tried: dict[str, Counter[Kind]] = {case.capability: Counter() for case in cases}
    failed: dict[str, Counter[Kind]] = {case.capability: Counter() for case in cases}
    failures = []
    for case in cases:
        last, changed = next(lasts), next(lasts) if case.changed else None
        tried[case.capability][case.kind] += 1
        if case.failed(last, changed, pipe.labels):
            failed[case.capability][case.kind] += 1
            failures.append(case.id)
    return {
        "suite": folder.resolve().name,
        "cases": len(cases),
        "failed": len(failures),
        "all": _counts(sum(tried.values(), Counter()), sum(failed.values(), Counter())),
        "capabilities": {name: _counts(tried[name], failed[name]) for name in tried},
        "failures": failures,
    }


def _counts(tried: Counter[Kind], failed: Counter[Kind]) -> dict[Kind, dict[str, int]]:
    return {kind: {"cases": tried[kind], "failed": failed[kind]} for kind in KINDS if tried[kind]}


def _read_case(found: dict[str, Any], capability: str) -> Case:
    kind = found["kind"]
    if kind not in KINDS:
        raise ValueError(f"the kind '{kind}' is unknown")
    extra = set(found) - FIELDS[kind] - {"id", "kind", "note"}
    if extra:
        raise ValueError(f"'{min(extra)}' is no field of the kind '{kind}'")
    missing = [name for name in ("id", *sorted(FIELDS[kind])) if not found.get(name)]
    if missing:
        raise ValueError(f"'{missing[0]}' is missing")
    emotions = found.get("emotions") or [found["emotion"]] if kind != "must not change" else []
    for turn in [*found["turns"], *found.get("changed", [])]:
        if not isinstance(turn["text"], str) or not turn.keys() <= {"speaker", "text"}:
            raise ValueError("a turn has a text, and perhaps a speaker")
    return Case(
        found["id"], capability, kind, found["turns"], found.get("changed", []), tuple(emotions)
    )


def _dialogue(nlp: Language, turns: Turns, spans_key: str) -> Doc:
    return make_dialogue(
        nlp,
        [turn["text"] for turn in turns],
        speakers=[turn.get("speaker") for turn in turns],
        spans_key=spans_key,
    )
