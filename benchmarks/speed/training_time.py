"""Time both training stages against encoding the train split once, and a step against PyTorch's.

    python -m benchmarks.speed.training_time

Encodes corpus/<dataset>/train.spacy from scratch, keeps the vectors for the stages, then runs
the project's commands `ce` and `triplet` as whole processes: start, reading, encoding dev,
training, evaluating on dev and saving. Then takes a step of `spacy train` in each stage, as its
config has it, beside a bare PyTorch loop over the same modules, batch and objective, in turn, the
least of several repeats. All seconds are the processor's. With `--steps-only` the last part
alone. Writes metrics/<dataset>/training_time.json.
"""

import argparse
import copy
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import spacy
import srsly
import torch
from spacy.schemas import ConfigSchemaTraining
from spacy.training.initialize import init_nlp
from spacy.util import load_config, registry

from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.objectives.base import MetricObjective
from spacy_casn.pipeline.component import find_component
from spacy_casn.training.corpus import DialogueCorpus
from spacy_casn.training.loss import gold_classes

STAGES = ("ce", "triplet")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="dailydialog")
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--seed", default="0")
    parser.add_argument("--repeats", type=int, default=20, help="of a step")
    parser.add_argument("--steps-only", action="store_true")
    args = parser.parse_args()

    trained = Path("training", args.dataset)
    output = Path("metrics", args.dataset, "training_time.json")
    if args.steps_only:
        metrics = srsly.read_json(output)
    else:
        metrics = whole_stages(args, trained / "vectors.safetensors")
    metrics["step"] = {stage: step(stage, trained, args.dataset, args.repeats) for stage in STAGES}
    output.parent.mkdir(parents=True, exist_ok=True)
    srsly.write_json(output, metrics)


def whole_stages(args: argparse.Namespace, vectors: Path) -> dict[str, Any]:
    """Encode the train split, run both stages, and return what each took."""
    nlp = spacy.blank("en")
    corpus = DialogueCorpus(Path("corpus", args.dataset, "train.spacy"))
    texts = [turn.text for example in corpus(nlp) for turn in example.predicted.spans["turns"]]
    vectors.unlink(missing_ok=True)
    encoder = SentenceEncoder(args.encoder)
    encoder.encode(["Load the encoder."])
    seconds = {"encode_train": timed(lambda: encoder.encode_corpus(texts, vectors))}
    for stage in STAGES:
        command = [sys.executable, "-m", "spacy", "project", "run", stage, ".", "--force"]
        command += ["--vars.dataset", args.dataset, "--vars.encoder", args.encoder]
        command += ["--vars.seed", args.seed]
        seconds[stage] = timed(lambda command=command: subprocess.run(command, check=True))
    both = sum(seconds[stage] for stage in STAGES)
    return {
        "processor_seconds": {name: round(value, 1) for name, value in seconds.items()},
        "stages_over_encoding": round(both / seconds["encode_train"], 3),
        "turns": len(texts),
        "distinct_turns": len(set(texts)),
        "encoder": args.encoder,
        "seed": int(args.seed),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }


def step(stage: str, trained: Path, dataset: str, repeats: int) -> dict[str, float]:
    """Return the milliseconds of a step of the stage, ours and in bare PyTorch."""
    overrides = {
        "paths.train": f"corpus/{dataset}/train.spacy",
        "paths.vectors_file": str(trained / "vectors.safetensors"),
    }
    if stage == "triplet":
        overrides["paths.warm_start"] = str(trained / "ce/model-best")
    nlp = init_nlp(load_config(f"configs/{stage}.cfg", overrides=overrides, interpolate=False))
    config = nlp.config.interpolate()
    settings = registry.resolve(config["training"], schema=ConfigSchemaTraining)
    reader = registry.resolve(config["corpora"])["train"]
    batch = next(settings["batcher"](list(reader(nlp))))
    pipe, optimizer = find_component(nlp), settings["optimizer"]
    bare = bare_step(pipe, batch, config["training"]["optimizer"])

    def ours() -> None:
        nlp.update(batch, losses={}, sgd=False)
        pipe.finish_update(optimizer)
        optimizer.step_schedules()

    pairs = [(timed(ours), timed(bare)) for _ in range(repeats)]
    least = [1000 * min(column) for column in zip(*pairs, strict=True)]
    return {
        "ours_ms": round(least[0], 1),
        "pytorch_ms": round(least[1], 1),
        "ratio": round(least[0] / least[1], 3),
        "turns": sum(len(example.reference.spans["turns"]) for example in batch),
    }


def bare_step(pipe: Any, batch: list, settings: dict[str, Any]) -> Callable[[], None]:
    """Return a training step in PyTorch alone, on copies of the same modules."""
    context, classifier, metric = (
        copy.deepcopy(pipe.model.get_ref(name).shims[0]._model).train()
        for name in ("context", "classifier", "metric")
    )
    has_distances = isinstance(pipe.objective, MetricObjective)
    modules = [context, classifier, *([metric] if has_distances else [])]
    weights = [weight for module in modules for weight in module.parameters()]
    optimizer = torch.optim.AdamW(
        weights, lr=settings["learn_rate"], weight_decay=settings["L2"], fused=True
    )
    dialogues = [list(example.predicted.spans["turns"]) for example in batch]
    turns = [turn.text for dialogue in dialogues for turn in dialogue]
    vectors = torch.from_numpy(pipe.utterance_encoder.encode(turns))
    lengths = torch.tensor([len(dialogue) for dialogue in dialogues])
    nobody = torch.zeros(len(turns), dtype=torch.long)
    classes = torch.tensor(gold_classes(batch, dialogues, pipe.labels, pipe.spans_key))

    def take() -> None:
        hidden = context(vectors, lengths, nobody)
        distances = metric(hidden) if has_distances else hidden
        pipe.objective(distances, classifier(hidden), classes).backward()
        torch.nn.utils.clip_grad_norm_(weights, settings["grad_clip"])
        optimizer.step()
        optimizer.zero_grad()

    return take


def timed(function: Callable[[], Any]) -> float:
    """Processor seconds that a call takes, with the processes that it starts and waits for."""
    start = _processor_seconds()
    function()
    return _processor_seconds() - start


def _processor_seconds() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
