"""`python -m spacy casn info`."""

import json
from typing import Annotated, Any

import typer
from typer import Argument, Option

from .errors import clear_errors
from .printing import msg

WIDEST = 200


def info_cli(
    model: Annotated[
        str | None, Argument(help="Pipeline to describe too: a directory or an installed package.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print JSON, sizes in bytes.")] = False,
) -> None:
    """Say what is installed, and what a pipeline is made of.

    python -m spacy casn info

    python -m spacy casn info training/sample/ce/model-best --json
    """
    from ..packaging.info import describe_installation, describe_pipeline

    with clear_errors():
        pipeline = None if model is None else describe_pipeline(model)
        installation = describe_installation()
    if as_json:
        found = installation if pipeline is None else {**installation, "pipeline": pipeline}
        typer.echo(json.dumps(found, indent=2))
        return
    _print_installation(installation)
    if pipeline is not None:
        _print_pipeline(pipeline)


def _print_installation(found: dict[str, Any]) -> None:
    msg.divider("Versions")
    _table([(name, number or "not installed") for name, number in found["versions"].items()])
    msg.divider("Devices")
    cpu = found["cpu"]
    threads = f"{cpu['threads']} threads on {cpu['cores']} cores"
    rows = [("CPU", f"{threads}, {cpu['instructions']}, {_bf16(cpu)}")]
    for number, gpu in enumerate(found["gpus"]):
        memory = f"{gpu['memory_bytes'] / 2**30:.1f} GiB"
        rows.append((f"GPU {number}", f"{gpu['name']}, {memory}, {_bf16(gpu)}"))
    _table(rows if found["gpus"] else [*rows, ("GPU", "none that PyTorch can use")])
    msg.divider("Sentence encoders")
    packages, hub = found["encoders"]["packages"], found["encoders"]["hub"]
    rows = [(name, folder or "no package installed") for name, folder in packages.items()]
    rows.append(("hub's cache", f"{hub['folder']}, {_megabytes(hub['bytes'])}"))
    _table([*rows, *(("", name) for name in hub["models"])])


def _print_pipeline(found: dict[str, Any]) -> None:
    msg.divider("Pipeline")
    parameters = found["parameters"]
    _table(
        [
            ("name", f"{found['name']} {found['version']}"),
            ("license", found["license"] or "not stated"),
            ("labels", ", ".join(found["labels"])),
            ("neutral label", found["neutral_label"] or "none"),
            ("abstains below", found["abstain_below"]),
            ("temperature", f"{found['temperature']:.3f}"),
            ("parameters", f"encoder {parameters['encoder']:,}, rest {parameters['rest']:,}"),
            ("on disk", _megabytes(found["disk_bytes"])),
        ]
    )
    for part in ("encoder", "context"):
        msg.divider(part.capitalize())
        _table([(name.removeprefix("@"), value) for name, value in found[part].items()])
    msg.divider("Measured, by its meta.json")
    performance = found["performance"]
    figures = [
        (name, f"{100 * value:.2f}")
        for name, value in performance.items()
        if name.startswith("emotion_") and isinstance(value, float)
    ]
    if not figures:
        msg.text("Nothing.")
        return
    _table([("on", performance.get("measured_on", "the dev split, in training")), *figures])


def _bf16(device: dict[str, Any]) -> str:
    return "bf16 native" if device["native_bf16"] else "no native bf16"


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _table(rows: list[tuple[str, Any]]) -> None:
    msg.table(rows, max_col=WIDEST)
