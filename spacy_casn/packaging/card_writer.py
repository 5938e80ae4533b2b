"""Writes a pipeline's model card and meta.json, which `spacy package` puts into the wheel."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..pipeline.loading import load_pipeline
from ..storage import strict_json
from ..storage.files import replaced_when_whole
from .model_card import measured_on, model_card
from .provenance import KNOWN_ENCODERS, Origin, origin_of


def write_card(
    model: Path,
    output: Path | None = None,
    *,
    metrics: Sequence[Path] = (),
    data: Sequence[str] = (),
    data_license: str | None = None,
    name: str | None = None,
    version: str | None = None,
) -> Path:
    """Write README.md and meta.json for a pipeline.

    Args:
        model: The pipeline's directory.
        output: Folder to write into; by default the pipeline's own. The other leaves the
            pipeline as it is.
        metrics: Files that `evaluation.evaluate` wrote for it; meta.json gets the first one's
            figures.
        data: What it was trained on: names of known corpora, or any others.
        data_license: Of the data; known for known data.
        name: Of the package, such as casn_dailydialog.
        version: Of the package.

    Returns:
        The folder.

    Raises:
        ValueError: no pipeline, or a file of metrics can't be read.
    """
    if not model.is_dir():
        raise ValueError(f"'{model}' is no directory of a pipeline: give one, such as model-best.")
    figures = [_read_metrics(path) for path in metrics]
    nlp, pipe = load_pipeline(str(model))
    encoder = nlp.config.interpolate()["components"][pipe.name]["model"]["encoder"]
    meta = strict_json.read(model / "meta.json")
    given = {"name": name, "version": version}
    meta |= {key: value for key, value in given.items() if value is not None}
    meta["description"] = meta.get("description") or (
        f"Emotion recognition in conversation: one of {len(pipe.labels)} labels for each turn of a "
        f"dialogue, in its context."
    )
    if data or data_license is not None:
        origins = list(map(origin_of, data or ["training data"]))
        if data_license is not None:
            origins = [origin._replace(license=data_license) for origin in origins]
        licenses = dict.fromkeys(origin.license for origin in origins if origin.license)
        meta["license"] = " AND ".join(licenses)
        known = KNOWN_ENCODERS.get(Path(encoder["name"]).name)
        meta["sources"] = list(map(_source, [*origins, *([known] if known else [])]))
    measured = [one for one in figures if "emotion_f_per_type" in one]
    if measured:
        meta["performance"] = _performance(measured[0])
    nlp.meta.update(meta)
    folder = output or model
    with replaced_when_whole(folder / "README.md") as temporary:
        temporary.write_text(model_card(nlp, figures), encoding="utf-8")
    with replaced_when_whole(folder / "meta.json") as temporary:
        strict_json.write(temporary, meta)
    return folder


def _read_metrics(path: Path) -> dict[str, Any]:
    try:
        metrics = strict_json.read(path)
    except ValueError as error:
        raise ValueError(f"'{path}' can't be read as JSON ({error}): make it anew.") from error
    needed = {"data", "dialogues", "labelled_turns", "emotion_f_per_type"}
    if not isinstance(metrics, dict) or not ("behaviour" in metrics or needed <= metrics.keys()):
        raise ValueError(
            f"'{path}' holds no figures: give a file that `python -m spacy casn evaluate` wrote."
        )
    return metrics


def _source(origin: Origin) -> dict[str, str]:
    return {key: value for key, value in origin._asdict().items() if value}


def _performance(metrics: Mapping[str, Any]) -> dict[str, Any]:
    figures = {
        name: value
        for name, value in metrics.items()
        if name.startswith("emotion_") and isinstance(value, float)
    }
    return {
        "measured_on": measured_on(metrics),
        **figures,
        "emotion_f_per_type": metrics["emotion_f_per_type"],
    }
