"""Measure a trained pipeline on labelled dialogues, or calibrate it on them."""

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.training import Example

from ..formats.records import Columns
from ..pipeline.casn_emotion import CasnEmotion
from ..pipeline.loading import load_pipeline
from ..scoring.bootstrap import bootstrap_intervals
from ..scoring.figures import confusion
from ..scoring.labelled_turns import labelled_turns
from ..storage import strict_json
from ..storage.files import replaced_when_whole
from .behaviour import measure_behaviour
from .labelled import check_labels, labelled_dialogues, rename_labels


def evaluate(
    model: str,
    data: Path | None = None,
    output: Path | None = None,
    *,
    behaviour: Path | None = None,
    prior: str | None = None,
    columns: Columns | None = None,
    source_format: str | None = None,
    label_map: Mapping[str, str] | None = None,
    bootstrap: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Take both protocols' figures, and say how sure they are and what they were measured with.

    `emotion_intervals` holds the standard figures' 95 % intervals, see
    `bootstrap.bootstrap_intervals`; `emotion_confusion` the counts of gold labels (rows, in the
    order of its `labels`) by predicted ones (columns, in that of `predicted`, where "" stands
    for turns that were left without label).

    Args:
        model: A pipeline's directory or package.
        data: Labelled dialogues: a `.spacy` file, a folder of some, or a table or another file
            of any format that can be read.
        output: JSON file to write.
        behaviour: Folder with a suite of cases, see `behaviour`; what comes of them stands in
            `behaviour`.
        prior: The label prior to decide by: a corpus that the pipeline was trained on, or
            `trained`; by default the pipeline's own.
        columns: Where what stands in a table; None for what its format finds by itself.
        source_format: The name of the file's format; None for that which it is recognised as.
        label_map: New names of gold labels; "" leaves their turns out.
        bootstrap: How many times the dialogues are drawn anew for the intervals; 0 for no
            intervals.
        seed: Of these draws.

    Raises:
        ValueError: no pipeline with `casn_emotion`, neither data nor a suite, no labelled
            dialogues, labels that the pipeline doesn't know, no cases, or a negative number.
    """
    for name, number in (("bootstrap", bootstrap), ("seed", seed)):
        if number < 0:
            raise ValueError(f"`{name}` = {number}: give at least 0.")
    if data is None and behaviour is None:
        raise ValueError(
            f"Nothing to measure '{model}' on: give labelled dialogues, or a suite as `behaviour`."
        )
    metrics: dict[str, Any] = {}
    nlp, pipe = load_pipeline(model)
    if prior is not None:
        pipe.label_prior = prior
    if data is not None:
        examples = labelled_dialogues(
            nlp, data, pipe.spans_key, columns=columns, source_format=source_format
        )
        rename_labels(examples, label_map or {}, pipe.spans_key)
        check_labels(examples, pipe.labels, pipe.spans_key)
        pipe.encode_turns(example.predicted for example in examples)
        metrics |= _measured(nlp, pipe, examples, bootstrap=bootstrap, seed=seed)
        if metrics["emotion_acc"] is None:
            raise ValueError(
                f"'{data}' has no labelled turn to measure '{model}' on: give a corpus with "
                f"labels, and if it is a table, the name of their column as `emotion_column`."
            )
        metrics["data"] = str(data)
    if behaviour is not None:
        metrics["behaviour"] = measure_behaviour(nlp, behaviour)
    metrics |= {
        "model": model,
        "label_prior": pipe.label_prior,
        "training_seed": nlp.config.interpolate()["training"].get("seed"),
        "versions": {
            package: version(package)
            for package in ("spacy-casn", "spacy", "torch", "sentence-transformers")
        },
    }
    if output is not None:
        with replaced_when_whole(output) as temporary:
            strict_json.write(temporary, metrics)
    return metrics


def calibrate(model: Path, data: Sequence[Path], vectors_file: Path | None = None) -> float:
    """Fit the temperature of a saved pipeline's probabilities, and save it there.

    Args:
        model: The pipeline's directory.
        data: `.spacy` files or folders of labelled dialogues that training didn't see.
        vectors_file: What training kept of turns' vectors; what it lacks is added.

    Returns:
        The temperature.

    Raises:
        ValueError: no pipeline with `casn_emotion`, or no labelled dialogues.
    """
    nlp, pipe = load_pipeline(str(model))
    examples = [
        example for path in data for example in read_examples(nlp, pipe, path, vectors_file)
    ]
    temperature = pipe.calibrate(examples)
    pipe.save_cfg(model / pipe.name)
    return temperature


def load_with_examples(model: str, data: Path) -> tuple[Language, CasnEmotion, list[Example]]:
    """Load a pipeline, its `casn_emotion`, and dialogues whose turns are encoded already.

    Raises:
        ValueError: no pipeline with `casn_emotion`, or no dialogues.
    """
    nlp, pipe = load_pipeline(model)
    return nlp, pipe, read_examples(nlp, pipe, data)


def read_examples(
    nlp: Language, pipe: CasnEmotion, data: Path, vectors_file: Path | None = None
) -> list[Example]:
    """Read labelled dialogues, and encode their turns, or take their vectors from a file.

    Raises:
        ValueError: no dialogues.
    """
    examples = labelled_dialogues(nlp, data, pipe.spans_key)
    pipe.encode_turns((example.predicted for example in examples), vectors_file)
    return examples


def predict(nlp: Language, examples: list[Example]) -> None:
    """Put what the pipeline says of each dialogue into its example."""
    docs = nlp.pipe(example.predicted for example in examples)
    for example, doc in zip(examples, docs, strict=True):
        example.predicted = doc


def _measured(
    nlp: Language, pipe: CasnEmotion, examples: list[Example], *, bootstrap: int, seed: int
) -> dict[str, Any]:
    predict(nlp, examples)
    turns = labelled_turns(examples, pipe.spans_key)
    return {
        **pipe.score(examples),
        "emotion_intervals": bootstrap_intervals(
            turns, pipe.neutral_label, resamples=bootstrap, seed=seed
        )
        if bootstrap
        else None,
        "emotion_confusion": confusion(turns)._asdict(),
        "dialogues": len(examples),
        "labelled_turns": len(turns),
    }
