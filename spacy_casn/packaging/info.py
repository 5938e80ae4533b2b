"""What is installed here, and what a pipeline is made of."""

import os
import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..encoders.precision import computes_in_bf16
from ..encoders.source import WEIGHTS_PACKAGES, hub_cache, package_folder
from ..pipeline.casn_emotion import CasnEmotion
from ..pipeline.loading import load_pipeline
from ..pipeline.pretrained import PIPELINES

PACKAGES = (
    "spacy-casn",
    "spacy",
    "thinc",
    "torch",
    "sentence-transformers",
    "onnxruntime",
    "ray",
    "pyarrow",
    "spacy-transformers",
)
"""The last four are optional."""


def describe_installation() -> dict[str, Any]:
    """Return versions, devices, and where sentence encoders are found; sizes in bytes."""
    return {
        "versions": {
            "python": platform.python_version(),
            **{package: _version(package) for package in PACKAGES},
        },
        "cpu": {
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "instructions": torch.backends.cpu.get_cpu_capability(),
            "native_bf16": computes_in_bf16("auto", torch.device("cpu")),
        },
        "gpus": [_gpu(number) for number in range(torch.cuda.device_count())],
        "encoders": {"packages": _encoder_packages(), "hub": _hub()},
    }


def describe_pipeline(model: str) -> dict[str, Any]:
    """Return what a pipeline is made of, and its meta.json's figures; sizes in bytes.

    Args:
        model: Its directory or package.

    Raises:
        ValueError: no pipeline with `casn_emotion`, or its encoder can't be loaded.
    """
    nlp, pipe = load_pipeline(model)
    settings = nlp.config.interpolate()["components"][pipe.name]["model"]
    return {
        "model": model,
        "name": f"{nlp.meta['lang']}_{nlp.meta['name']}",
        "version": nlp.meta["version"],
        "license": nlp.meta["license"],
        "labels": list(pipe.labels),
        "neutral_label": pipe.neutral_label,
        "abstain_below": pipe.abstain_below,
        "temperature": pipe.cfg["temperature"],
        "encoder": {
            **settings["encoder"],
            "width": pipe.model.get_ref("encoder").get_dim("nO"),
        },
        "context": settings["context"],
        "parameters": count_parameters(pipe),
        # The pretrained one isn't loaded from a pipeline's folder.
        "disk_bytes": _bytes((nlp.path or PIPELINES[model].folder).rglob("*")),
        "performance": nlp.meta.get("performance", {}),
    }


def count_parameters(pipe: CasnEmotion) -> dict[str, int]:
    """Return how many weights the encoder has, and all the rest."""
    rest = ("context", "classifier", "metric")
    return {
        "encoder": pipe.utterance_encoder.parameters,
        "rest": _count(_modules(pipe, rest)),
    }


def _modules(pipe: CasnEmotion, parts: Iterable[str]) -> list[nn.Module]:
    nodes = [node for part in parts for node in pipe.model.get_ref(part).walk()]
    return [shim._model for node in nodes for shim in node.shims]


def _count(modules: list[nn.Module]) -> int:
    return sum(weight.numel() for module in modules for weight in module.parameters())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _gpu(number: int) -> dict[str, Any]:
    properties = torch.cuda.get_device_properties(number)
    with torch.cuda.device(number):
        native_bf16 = computes_in_bf16("auto", torch.device("cuda", number))
    return {
        "name": properties.name,
        "memory_bytes": properties.total_memory,
        "native_bf16": native_bf16,
    }


def _encoder_packages() -> dict[str, str | None]:
    """Return the folder of each encoder that a package may carry; None if not installed."""
    folders = {name: package_folder(name) for name in WEIGHTS_PACKAGES}
    return {name: None if folder is None else str(folder) for name, folder in folders.items()}


def _hub() -> dict[str, Any]:
    folder = hub_cache()
    models = sorted(path.name for path in folder.glob("models--*"))
    return {
        "folder": str(folder),
        "bytes": _bytes(folder.rglob("*")),
        "models": [name.removeprefix("models--").replace("--", "/", 1) for name in models],
    }


def _bytes(paths: Iterable[Path]) -> int:
    """Return the size of all files; links, of which the hub's cache is full, have none."""
    return sum(path.lstat().st_size for path in paths if path.is_file() and not path.is_symlink())
