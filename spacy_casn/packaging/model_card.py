"""A pipeline's model card: what it is, what it was made from, how good it is and is not."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from spacy.language import Language

from ..pipeline.casn_emotion import CasnEmotion
from ..pipeline.component import find_component

FEW = 100
"""Measured turns below which a label's figures are called shaky."""
Metrics = Mapping[str, Any]


def model_card(nlp: Language, metrics: Sequence[Metrics]) -> str:
    """Return the card, in Markdown.

    Name, description, license and sources are those of the pipeline's meta.json.

    Args:
        nlp: A trained pipeline with `casn_emotion`.
        metrics: What `evaluation.evaluate` gave for it, on one or more corpora or suites.

    Raises:
        ValueError: the pipeline has no `casn_emotion`.
    """
    pipe = find_component(nlp)
    context = nlp.config.interpolate()["components"][pipe.name]["model"]["context"]
    measured = [one for one in metrics if "emotion_f_per_type" in one]
    return _template().render(
        name=f"{nlp.meta['lang']}_{nlp.meta['name'].removeprefix(nlp.meta['lang'] + '_')}",
        meta=nlp.meta,
        pipe=pipe,
        recipe=_recipe(nlp, pipe),
        metrics=measured,
        columns=[
            f"{measured_on(one)} ({one['dialogues']:,} dialogues, {one['labelled_turns']:,} "
            f"labelled turns)"
            for one in measured
        ],
        measured_on=measured_on,
        behaviour=[one["behaviour"] for one in metrics if "behaviour" in one],
        few=FEW,
        past_only=context.get("attention") == "past",
        max_length=pipe.utterance_encoder.max_length,
    )


def measured_on(metrics: Metrics) -> str:
    """Name the corpus and the split, such as "dailydialog/test", without where they lie."""
    data = Path(metrics["data"])
    return f"{data.parent.name}/{data.stem}".removeprefix("/")


def _recipe(nlp: Language, pipe: CasnEmotion) -> dict[str, Any]:
    """Tell the settings of training."""
    config = nlp.config.interpolate()
    component, training = config["components"][pipe.name], config["training"]
    encoder = dict(component["model"]["encoder"])
    if Path(encoder.get("name", "")).is_absolute():
        encoder["name"] = Path(encoder["name"]).name
    return {
        "sentence encoder": _settings(encoder),
        "context": _settings(component["model"]["context"]),
        "objective": _settings(component["objective"]),
        "batches": _settings(training["batcher"]),
        "optimizer": _settings(training["optimizer"]),
        "steps at most": training["max_steps"],
        "seed": training["seed"],
        "temperature": f"{pipe.cfg['temperature']:.3f}",
    }


def _settings(section: Mapping[str, Any]) -> str:
    """Put what is registered and its settings on one line."""
    registered = [f"`{value}`" for name, value in section.items() if name.startswith("@")]
    values = [
        f"{name} = ({_settings(value)})" if isinstance(value, Mapping) else f"{name} = {value}"
        for name, value in section.items()
        if not name.startswith("@")
    ]
    return ": ".join(filter(None, [*registered, ", ".join(values)]))


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("spacy_casn.packaging"),
        autoescape=False,  # it is Markdown, not HTML
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {"percent": _percent, "count": _count}
    return environment.get_template("card.md")


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"


def _count(number: int) -> str:
    return f"{number:,}"
