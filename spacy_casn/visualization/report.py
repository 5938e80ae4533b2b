"""The report on a pipeline: one HTML file with its figures, curves, map and worst errors."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from spacy.tokens import Doc
from spacy.training import Example

from ..evaluation.evaluate import load_with_examples, predict
from ..pipeline.casn_emotion import CasnEmotion
from ..scoring.bootstrap import bootstrap_intervals
from ..scoring.calibration import calibration_bins
from ..scoring.figures import confusion
from ..scoring.labelled_turns import LabelledTurns, labelled_turns
from .html_file import check_html_path, write_html
from .measures import WrongTurn, confusions, view_error, wrong_turns
from .templates import fill
from .training_log import TrainingLog, read_log
from .turn_map import choose_turns, project
from .views import DialogueView

if TYPE_CHECKING:
    from .charts import Chart

CONFUSIONS, ERRORS = 20, 3
"""Kinds of wrong labels that are shown, and how many of each in their dialogues."""
LEAST = 3
"""Turns that make a map."""
PACKAGES = ("spacy-casn", "spacy", "torch", "sentence-transformers")


@dataclass
class Measured:
    """A pipeline on labelled dialogues.

    Args:
        pipe: The component.
        scores: Both protocols' figures.
        docs: The predicted dialogues.
        turns: Their labelled turns, with vectors.
        left_out: Parts of the report that can't be there, and why.
    """

    pipe: CasnEmotion
    scores: dict[str, Any]
    docs: list[Doc]
    turns: LabelledTurns
    left_out: list[str] = field(default_factory=list)


def write_report(
    model: str,
    data: Path,
    output: Path,
    *,
    before: str | None = None,
    logs: Sequence[Path] = (),
) -> list[str]:
    """Show how a pipeline does on labelled dialogues, in one HTML file without outside links.

    The file is the same for the same input.

    Args:
        model: A pipeline's directory or package.
        data: A `.spacy` file or folder of labelled dialogues.
        output: The HTML file; it appears when it is whole.
        before: The pipeline that training started from, whose turn vectors are put beside those
            of `model`.
        logs: The `output_file` of spaCy's ConsoleLogger, one a stage.

    Returns:
        The parts that were left out, and why, as sentences; the report says so too.

    Raises:
        ValueError: no pipeline with `casn_emotion`, no labelled dialogues, no training log, an
            output that is no HTML file, or matplotlib isn't installed.
    """
    output = check_html_path(Path(output))
    charts = _load_charts()
    trainings = [read_log(Path(path)) for path in logs]
    measured = _measure(model, Path(data))
    if not trainings:
        measured.left_out.append("Training curves: no training log was given.")
    turns = measured.turns
    bins = calibration_bins(turns.confidences, turns.best == turns.gold)
    wrong = wrong_turns(turns)
    groups = confusions(wrong)
    html = fill(
        "report.html",
        model=model,
        data=str(data),
        dialogues=len(measured.docs),
        turns=len(turns),
        versions={package: version(package) for package in PACKAGES},
        neutral=measured.pipe.neutral_label,
        scores=measured.scores,
        labels=turns.labels,
        confusion=confusion(turns),
        reliability=charts.reliability_chart(bins),
        trainings=_training_charts(charts, trainings),
        maps=_map_charts(charts, measured, data, before),
        intervals=bootstrap_intervals(turns, measured.pipe.neutral_label) or {},
        errors=[
            (group, [(error, _view(measured, error)) for error in group.turns[:ERRORS]])
            for group in groups[:CONFUSIONS]
        ],
        wrong=len(wrong),
        left_out=measured.left_out,
    )
    write_html(html, output)
    return measured.left_out


def _load_charts() -> ModuleType:
    try:
        from . import charts
    except ModuleNotFoundError as error:
        raise ValueError(
            f"A report needs the package {error.name}: `pip install spacy-casn[report]`."
        ) from error
    return charts


def _measure(model: str, data: Path) -> Measured:
    nlp, pipe, examples = load_with_examples(model, data)
    predict(nlp, examples)
    scores = pipe.score(examples)
    if scores.get("emotion_acc") is None:
        raise ValueError(
            f"'{data}' has no labelled turn to measure '{model}' on: give a corpus with labels."
        )
    docs = [example.predicted for example in examples]
    return Measured(pipe, scores, docs, _with_vectors(pipe, examples))


def _with_vectors(pipe: CasnEmotion, examples: Sequence[Example]) -> LabelledTurns:
    vectors = list(pipe.turn_vectors(example.predicted for example in examples))
    return labelled_turns(examples, pipe.spans_key, vectors)


def _training_charts(
    charts: ModuleType, trainings: Sequence[TrainingLog]
) -> list[tuple[str, "Chart", "Chart"]]:
    """Return each stage's name, its losses and its scores."""
    return [
        (
            log.name,
            charts.loss_chart(log, f"loss-{number}"),
            charts.score_chart(log, f"dev-{number}"),
        )
        for number, log in enumerate(trainings, 1)
    ]


def _map_charts(
    charts: ModuleType, measured: Measured, data: Path, before: str | None
) -> list[tuple[str, float, "Chart"]]:
    """Return each map's title, the share of the variance that it shows, and the map."""
    gold = measured.turns.gold_labels
    chosen = choose_turns(gold)
    if len(chosen) < LEAST:
        measured.left_out.append(f"Map of turn vectors: it needs {LEAST} labelled turns.")
        return []
    maps = [("The pipeline", measured.turns)]
    if before is None:
        measured.left_out.append(
            "Map of turn vectors before the last stage: no earlier pipeline was given."
        )
    else:
        _, pipe, examples = load_with_examples(before, data)
        known = _with_vectors(pipe, examples)
        if known.gold_labels != gold:
            raise ValueError(
                f"The pipeline '{before}' finds other labelled turns in '{data}' ({len(known)}) "
                f"than the pipeline of the report ({len(gold)}): give one with the same spans_key."
            )
        maps = [("Before", known), ("After", measured.turns)]
    found = []
    for number, (title, mapped) in enumerate(maps, 1):
        turns = project(mapped.vectors[chosen], [gold[row] for row in chosen])
        chart = charts.map_chart(
            turns, measured.turns.labels, f"map-{number}", f"Map of turns: {title}"
        )
        found.append((title, turns.shown, chart))
    return found


def _view(measured: Measured, error: WrongTurn) -> DialogueView:
    doc = measured.docs[error.dialogue]
    return view_error(doc, error, spans_key=measured.pipe.spans_key)
