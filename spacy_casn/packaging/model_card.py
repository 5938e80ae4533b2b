"""A pipeline's model card: what it is, what it was made from, how good it is and is not."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spacy.language import Language

from ..pipeline.casn_emotion import CasnEmotion
from ..pipeline.component import find_component

RARE = 100
"""Measured turns below which a label's figures are called shaky."""
STANDARD = {
    "macro-F": "emotion_macro_f",
    "micro-F": "emotion_micro_f",
    "weighted F": "emotion_weighted_f",
    "MCC": "emotion_mcc",
    "accuracy": "emotion_acc",
    "labelled, not abstained": "emotion_coverage",
    "calibration error": "emotion_ece",
}
TRIPLET = {
    "macro-F": "emotion_triplet_macro_f",
    "**macro-F of a coin**": "emotion_triplet_chance_macro_f",
    "micro-F": "emotion_triplet_micro_f",
    "MCC": "emotion_triplet_mcc",
}
USE = """```python
import spacy

doc = spacy.load("{name}")("Ann: I got the job!\\nBen: Really?")
for turn in doc.spans["{spans_key}"]:
    print(turn._.speaker, turn.label_, turn.text)
```"""
Metrics = Mapping[str, Any]


def model_card(nlp: Language, metrics: Sequence[Metrics]) -> str:
    """The card, in Markdown.

    Name, description, license and sources are those of the pipeline's meta.json.

    Args:
        nlp: A trained pipeline with `casn_emotion`.
        metrics: What `evaluation.evaluate` gave for it, on one or more corpora.

    Raises:
        ValueError: the pipeline has no `casn_emotion`.
    """
    pipe = find_component(nlp)
    name = f"{nlp.meta['lang']}_{nlp.meta['name'].removeprefix(nlp.meta['lang'] + '_')}"
    parts = [
        f"# {name} {nlp.meta['version']}",
        nlp.meta["description"],
        _labels(pipe),
        USE.format(name=name, spans_key=pipe.spans_key),
        "## Data and license",
        _sources(nlp.meta),
        "## Recipe",
        _recipe(nlp, pipe),
        "## Measured",
        *(_measured(pipe, metrics) if metrics else ["Not measured."]),
        "## Limits",
        _limits(nlp, pipe, metrics),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def measured_on(metrics: Metrics) -> str:
    """The corpus and the split, such as "dailydialog/test", without where they lie."""
    data = Path(metrics["data"])
    return f"{data.parent.name}/{data.stem}".removeprefix("/")


def _labels(pipe: CasnEmotion) -> str:
    labels = ", ".join(f"`{label}`" for label in pipe.labels)
    neutral = f"; `{pipe.neutral_label}` is the neutral one" if pipe.neutral_label else ""
    return f"Labels: {labels}{neutral}."


def _sources(meta: Mapping[str, Any]) -> str:
    lines = []
    for source in meta.get("sources") or []:
        title = f"[{source['name']}]({source['url']})" if source.get("url") else source["name"]
        author = f" ({source['author']})" if source.get("author") else ""
        lines.append(f"- {title}{author}: {source.get('license') or 'license not stated'}")
    if meta["license"]:
        lines.append(f"\nThe pipeline carries the license of its data: **{meta['license']}**.")
    else:
        lines.append("\nThe license of the data isn't stated: ask whoever trained the pipeline.")
    return "\n".join(lines).strip()


def _recipe(nlp: Language, pipe: CasnEmotion) -> str:
    config = nlp.config.interpolate()
    component, training = config["components"][pipe.name], config["training"]
    encoder = dict(component["model"]["encoder"])
    if Path(encoder["name"]).is_absolute():
        encoder["name"] = Path(encoder["name"]).name
    rows = {
        "sentence encoder": _settings(encoder),
        "context": _settings(component["model"]["context"]),
        "objective": _settings(component["objective"]),
        "batches": _settings(training["batcher"]),
        "optimizer": _settings(training["optimizer"]),
        "steps at most": training["max_steps"],
        "seed": training["seed"],
        "temperature": f"{pipe.cfg['temperature']:.3f}",
    }
    return _table(["setting", "value"], [[name, value] for name, value in rows.items()])


def _settings(section: Mapping[str, Any]) -> str:
    """What is registered, and its settings, on one line."""
    registered = [f"`{value}`" for name, value in section.items() if name.startswith("@")]
    values = [
        f"{name} = ({_settings(value)})" if isinstance(value, Mapping) else f"{name} = {value}"
        for name, value in section.items()
        if not name.startswith("@")
    ]
    return ": ".join(filter(None, [*registered, ", ".join(values)]))


def _measured(pipe: CasnEmotion, metrics: Sequence[Metrics]) -> list[str]:
    columns = [
        f"{measured_on(one)} ({one['dialogues']:,} dialogues, {one['labelled_turns']:,} labelled "
        f"turns)"
        for one in metrics
    ]
    without = f" without `{pipe.neutral_label}`" if pipe.neutral_label else ""
    parts = [
        "In percent. **Standard protocol**: every labelled turn predicted once, macro-F and "
        f"micro-F{without}.",
        _figures(columns, STANDARD, metrics),
    ]
    if any(one.get("emotion_intervals") for one in metrics):
        parts.append(
            "In brackets: 95 % intervals, from drawing the measured dialogues anew. They don't "
            "tell how another training, or another kind of dialogue, would fare."
        )
    for one in metrics:
        rows = [
            [f"`{label}`", *(_percent(found[key]) for key in "prf"), f"{found['support']:,}"]
            for label, found in one["emotion_f_per_type"].items()
        ]
        parts.append(_table([measured_on(one), "precision", "recall", "F", "turns"], rows))
    parts += [
        "**Triplet protocol**: is a turn's vector nearer to one of the same label than to one of "
        "another? These figures are no classification figures: a coin gets about 50.",
        _figures(columns, TRIPLET, metrics),
    ]
    return parts


def _figures(columns: list[str], names: Mapping[str, str], metrics: Sequence[Metrics]) -> str:
    rows = []
    for title, name in names.items():
        rows.append([title])
        for one in metrics:
            ends = (one.get("emotion_intervals") or {}).get(name)
            interval = f" ({_percent(ends[0])} to {_percent(ends[1])})" if ends else ""
            rows[-1].append(_percent(one.get(name)) + interval)
    return _table(["figure", *columns], rows)


def _limits(nlp: Language, pipe: CasnEmotion, metrics: Sequence[Metrics]) -> str:
    context = nlp.config.interpolate()["components"][pipe.name]["model"]["context"]
    limits = [
        f"It knows one language ({nlp.meta['lang']}) and the kind of dialogue that it was trained "
        "on; elsewhere it is less right than the figures say."
    ]
    if context.get("attention") == "past":
        limits.append(
            "A turn's label depends on that turn and the ones before, never on later ones."
        )
    encoder = pipe.sentence_encoder
    length = None if encoder is None else encoder.max_length
    if length is not None:
        limits.append(f"A turn longer than {length} word pieces is cut there.")
    for one in metrics:
        rare = [
            f"`{label}` ({found['support']})"
            for label, found in one["emotion_f_per_type"].items()
            if found["support"] < RARE
        ]
        if rare:
            limits.append(
                f"Few turns of {measured_on(one)} have the label {', '.join(rare)}: these "
                f"figures are shaky."
            )
    limits.append(
        "An emotion label is a guess at what a text conveys. It can't tell what a person feels, "
        "and it is **not for judging people**."
    )
    return "\n".join(f"- {limit}" for limit in limits)


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"
