"""Measure a trained pipeline on labelled dialogues, or calibrate it on them."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

import srsly
from spacy.language import Language
from spacy.training import Example

from .files import replaced_when_whole
from .pipeline.casn_emotion import CasnEmotion
from .pipeline.loading import load_pipeline
from .training.corpus import DialogueCorpus


def evaluate(model: str, data: Path, output: Path | None = None) -> dict[str, Any]:
    """Both protocols' figures, and what they were measured with.

    Args:
        model: A pipeline's directory or package.
        data: A `.spacy` file or folder of labelled dialogues.
        output: JSON file to write.

    Raises:
        ValueError: no pipeline with `casn_emotion`, or no labelled dialogues.
    """
    nlp, _, examples = load_with_examples(model, data)
    scores = nlp.evaluate(examples)
    if scores["emotion_acc"] is None:
        raise ValueError(f"'{data}' has no labelled turn to measure '{model}' on.")
    metrics: dict[str, Any] = {
        name: value for name, value in scores.items() if name.startswith("emotion_")
    }
    labels = metrics["emotion_f_per_type"].values()
    metrics |= {
        "model": model,
        "data": str(data),
        "dialogues": len(examples),
        "labelled_turns": sum(label["support"] for label in labels),
        "training_seed": nlp.config.interpolate()["training"].get("seed"),
        "versions": {
            package: version(package)
            for package in ("spacy-casn", "spacy", "torch", "sentence-transformers")
        },
    }
    if output is not None:
        with replaced_when_whole(output) as temporary:
            srsly.write_json(temporary, metrics)
    return metrics


def calibrate(model: Path, data: Path) -> float:
    """Fit the temperature of a saved pipeline's probabilities, and save it there.

    Args:
        model: The pipeline's directory.
        data: A `.spacy` file or folder of labelled dialogues that training didn't see.

    Returns:
        The temperature.

    Raises:
        ValueError: no pipeline with `casn_emotion`, or no labelled dialogues.
    """
    _, pipe, examples = load_with_examples(str(model), data)
    temperature = pipe.calibrate(examples)
    with replaced_when_whole(model / pipe.name / "cfg") as temporary:
        srsly.write_json(temporary, pipe.cfg)
    return temperature


def load_with_examples(model: str, data: Path) -> tuple[Language, CasnEmotion, list[Example]]:
    """A pipeline, its `casn_emotion`, and dialogues whose turns are encoded already.

    Raises:
        ValueError: no pipeline with `casn_emotion`, or no dialogues.
    """
    nlp, pipe = load_pipeline(model)
    examples = list(DialogueCorpus(data, spans_key=pipe.spans_key)(nlp))
    pipe.encode_turns(example.predicted for example in examples)
    return nlp, pipe, examples
