"""Compare the speed and the vectors of the sentence encoder's backends.

    python -m benchmarks.speed.encoder_backends --pipeline training/dailydialog/ce/model-best

Takes turns of corpus/<dataset>/test.spacy, each once, and encodes them in rounds: in each, every
variant encodes all of them, beginning with another one. So a machine that is busy for a while
slows all of them, and the ratios, taken within a round, still count. With a pipeline, it is also
measured on the whole test split with each backend. Writes metrics/encoder_backends.json.
"""

import argparse
import os
import platform
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import spacy
import srsly
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer

from spacy_casn.encoders.precision import computes_in_bf16
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.encoders.source import find_encoder
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

RAW = "sentence-transformers"
EXACT = "torch fp32"
EMULATED = "torch bf16"
"""Is left out where the processor has no instructions for it, and takes many times as long."""
VARIANTS: dict[str, dict[str, Any]] = {
    EXACT: {"backend": "torch", "precision": "fp32"},
    EMULATED: {"backend": "torch", "precision": "bf16"},
    "onnx": {"backend": "onnx", "precision": "fp32"},
    "onnx-int8": {"backend": "onnx-int8", "precision": "fp32"},
}
ENCODER = "components.casn_emotion.model.encoder"
FIGURES = ("emotion_macro_f", "emotion_micro_f")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("corpus/dailydialog/test.spacy"))
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pipeline", type=Path)
    parser.add_argument("--output", type=Path, default=Path("metrics/encoder_backends.json"))
    args = parser.parse_args()

    if not computes_in_bf16("auto", torch.device("cpu")):
        del VARIANTS[EMULATED]
    texts = read_turns(args.data)[: args.turns]
    metrics = {
        "variants": measure(args.encoder, texts, args.rounds),
        "encoder": args.encoder,
        "turns": len(texts),
        "rounds": args.rounds,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "processor": torch.cpu.get_capabilities().get("cpu_name") or platform.processor(),
        "machine": platform.machine(),
        "versions": {
            package: version(package)
            for package in ("torch", "onnxruntime", "sentence-transformers", "transformers")
        },
    }
    if args.pipeline is not None:
        metrics["pipeline"] = {"path": str(args.pipeline), **evaluate(args.pipeline, args.data)}
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, metrics)


def read_turns(data: Path) -> list[str]:
    """The distinct turns, in the order of the corpus."""
    corpus = DialogueCorpus(data)(spacy.blank("en"))
    turns = (turn.text for example in corpus for turn in example.predicted.spans["turns"])
    return list(dict.fromkeys(turns))


def measure(name: str, texts: list[str], rounds: int) -> dict[str, Any]:
    """Turns a second and cosines to the exact vectors, by variant."""
    raw = SentenceTransformer(str(find_encoder(name)), device="cpu")
    encoders = {
        variant: SentenceEncoder(name, **settings) for variant, settings in VARIANTS.items()
    }
    runs: dict[str, Callable[[list[str]], NDArray]] = {RAW: raw.encode}
    runs |= {variant: encoder.encode for variant, encoder in encoders.items()}
    for run in runs.values():
        run(texts[:32])  # loads, and exports
    names = list(runs)
    speed: dict[str, list[float]] = {variant: [] for variant in names}
    vectors: dict[str, NDArray] = {}
    for number in range(rounds):
        first = number % len(names)
        for variant in names[first:] + names[:first]:
            for encoder in encoders.values():
                encoder.cache.clear()
            start = time.perf_counter()
            vectors[variant] = runs[variant](texts)
            speed[variant].append(len(texts) / (time.perf_counter() - start))
    return {
        variant: {
            "turns_per_second": spread(speed[variant]),
            f"over_{RAW}": spread(np.divide(speed[variant], speed[RAW])),
            f"over_{EXACT}": spread(np.divide(speed[variant], speed[EXACT])),
            "cosine": cosines(vectors[variant], vectors[EXACT]),
        }
        for variant in names
    }


def spread(values: Any) -> dict[str, float]:
    """Median, lowest and highest."""
    found = {"median": np.median(values), "lowest": np.min(values), "highest": np.max(values)}
    return {name: round(float(value), 3) for name, value in found.items()}


def cosines(vectors: NDArray, others: NDArray) -> dict[str, float]:
    """Lowest and mean cosine between the rows."""
    lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(others, axis=1)
    found = (vectors * others).sum(1) / lengths
    return {"lowest": round(float(found.min()), 6), "mean": round(float(found.mean()), 6)}


def evaluate(pipeline: Path, data: Path) -> dict[str, dict[str, float]]:
    """The pipeline's figures by the standard protocol, by variant."""
    result = {}
    for variant, settings in VARIANTS.items():
        config = {f"{ENCODER}.{setting}": value for setting, value in settings.items()}
        nlp = spacy.load(pipeline, config=config)
        scores = nlp.evaluate(list(DialogueCorpus(data)(nlp)))
        result[variant] = {name: scores[name] for name in FIGURES}
    return result


if __name__ == "__main__":
    main()
