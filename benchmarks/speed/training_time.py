"""Time both training stages against encoding the train split once.

    python -m benchmarks.speed.training_time

Encodes corpus/<dataset>/train.spacy from scratch, keeps the vectors for the stages, then runs
the project's commands `ce` and `triplet` and takes their wall time as whole processes: start,
reading, encoding dev, training, evaluating on dev and saving. Writes
metrics/<dataset>/training_time.json.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from pathlib import Path

import spacy
import srsly
import torch

from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.training.corpus import DialogueCorpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="dailydialog")
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    parser.add_argument("--seed", default="0")
    args = parser.parse_args()

    nlp = spacy.blank("en")
    corpus = DialogueCorpus(Path("corpus", args.dataset, "train.spacy"))
    texts = [turn.text for example in corpus(nlp) for turn in example.predicted.spans["turns"]]
    vectors = Path("training", args.dataset, "vectors.safetensors")
    vectors.unlink(missing_ok=True)
    encoder = SentenceEncoder(args.encoder)
    encoder.encode(["Load the encoder."])
    seconds = {"encode_train": timed(encoder.encode_corpus, texts, vectors)}
    for stage in ("ce", "triplet"):
        command = [sys.executable, "-m", "spacy", "project", "run", stage, ".", "--force"]
        command += ["--vars.dataset", args.dataset, "--vars.encoder", args.encoder]
        command += ["--vars.seed", args.seed]
        seconds[stage] = timed(subprocess.run, command, check=True)
    metrics = {
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
        "stages_over_encoding": round(
            (seconds["ce"] + seconds["triplet"]) / seconds["encode_train"], 3
        ),
        "turns": len(texts),
        "distinct_turns": len(set(texts)),
        "encoder": args.encoder,
        "seed": int(args.seed),
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "machine": platform.machine(),
    }
    output = Path("metrics", args.dataset, "training_time.json")
    output.parent.mkdir(parents=True, exist_ok=True)
    srsly.write_json(output, metrics)


def timed(function, *args, **kwargs) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    function(*args, **kwargs)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
