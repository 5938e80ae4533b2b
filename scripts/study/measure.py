"""Measure one trained pipeline for the study, or encode a corpus for it, in a process of its own.

    python -m scripts.study.measure pipeline training/study/ce-0/model-best corpus/dailydialog \
        --output measured.json
"""

import argparse
import resource
import time
from pathlib import Path
from typing import Any

import numpy as np
import spacy
import srsly
import torch
from spacy.cli._util import setup_gpu
from spacy.language import Language
from spacy.training import Example
from thinc.api import get_torch_default_device

from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.objectives.prototypes import Prototypes
from spacy_casn.packaging.info import count_parameters
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.scoring.calibration import fit_temperature
from spacy_casn.scoring.figures import count_confusions, emotional, standard_figures
from spacy_casn.training.corpus import DialogueCorpus

PRIOR_POWERS = np.round(np.arange(-1.5, 1.55, 0.05), 2)
SPLITS = ("test", "dev")
TIMED = 200
"""Test dialogues that are annotated to take the time."""
FIGURES = ("emotion_macro_f", "emotion_micro_f", "emotion_weighted_f", "emotion_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    encoding = commands.add_parser("encode")
    encoding.add_argument("encoder")
    encoding.add_argument("corpus", type=Path)
    encoding.add_argument("vectors", type=Path)
    measuring = commands.add_parser("pipeline")
    measuring.add_argument("model", type=Path)
    measuring.add_argument("corpus", type=Path)
    measuring.add_argument("--output", type=Path, required=True)
    measuring.add_argument("--decisions", action="store_true")
    measuring.add_argument("--vectors", type=Path)
    for command in (encoding, measuring):
        command.add_argument("--gpu-id", type=int, default=-1)
    args = parser.parse_args()
    setup_gpu(args.gpu_id)
    if args.command == "encode":
        encode(args.encoder, args.corpus, args.vectors)
    else:
        srsly.write_json(args.output, measure(args))


def encode(encoder: str, corpus: Path, vectors: Path) -> None:
    """Write the vectors of all splits."""
    nlp = spacy.blank("en")
    texts = [
        turn.text
        for split in ("train", *SPLITS)
        for example in DialogueCorpus(corpus / f"{split}.spacy")(nlp)
        for turn in example.predicted.spans["turns"]
    ]
    sentences = SentenceEncoder(encoder)
    sentences.to(get_torch_default_device())
    sentences.encode_corpus(texts, vectors)


def measure(args: argparse.Namespace) -> dict[str, Any]:
    """Speed and memory of annotation, size, both protocols, calibration, further decisions."""
    nlp = spacy.load(args.model)
    pipe = nlp.get_pipe("casn_emotion")
    test, dev = (list(DialogueCorpus(args.corpus / f"{name}.spacy")(nlp)) for name in SPLITS)
    corpus = {"test": test, "dev": dev}
    docs = [example.predicted.copy() for example in test[:TIMED]]
    turns = sum(len(doc.spans["turns"]) for doc in docs)
    nlp(docs[0].copy())  # loads the encoder
    # Of the processor: with one thread, other work on the machine then doesn't count.
    start = time.process_time()
    for _ in nlp.pipe(docs):
        pass
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if args.vectors is not None:
        encoder = pipe.model.get_ref("encoder").attrs["utterance_encoder"]
        encoder.cache.load_pinned(args.vectors, encoder.vectors_fingerprint())
    for examples in corpus.values():
        pipe.encode_turns(example.predicted for example in examples)
    uncalibrated = nlp.evaluate(test)["emotion_ece"]
    temperature = pipe.calibrate(dev)
    scores = nlp.evaluate(test)
    result = {
        "turns_per_second": round(turns / seconds, 1),
        "annotate_peak_mb": round(peak),
        "parameters": count_parameters(pipe),
        "disk_mb": round(sum(file.stat().st_size for file in args.model.rglob("*")) / 1e6, 1),
        "temperature": temperature,
        "ece_uncalibrated": uncalibrated,
        **{name: value for name, value in scores.items() if name.startswith("emotion_")},
    }
    if args.decisions:
        corpus["train"] = list(DialogueCorpus(args.corpus / "train.spacy")(nlp))
        result["decisions"] = decisions(nlp, pipe, corpus)
    return result


def decisions(nlp: Language, pipe: CasnEmotion, corpus: dict[str, list[Example]]) -> dict[str, Any]:
    """Other decisions on the same weights, what they need fitted on dev."""
    splits = {}
    for split, examples in corpus.items():
        pipe.encode_turns(example.predicted for example in examples)
        vectors = np.concatenate(list(pipe.turn_vectors(e.predicted for e in examples)))
        annotated = nlp.pipe([example.predicted.copy() for example in examples])
        scores = [doc.spans["turns"].attrs["scores"] for doc in annotated if doc.spans["turns"]]
        labels = [turn.label_ for e in examples for turn in e.reference.spans["turns"]]
        kept = np.array([label != "" for label in labels])
        classes = np.array([pipe.labels.index(label) for label in labels if label])
        splits[split] = (vectors[kept], np.log(np.concatenate(scores)[kept]), classes)
    vectors, _, classes = splits["train"]
    prototypes = Prototypes(torch.from_numpy(vectors), torch.from_numpy(classes), len(pipe.labels))
    prior = prototypes.log_prior()
    near = {
        split: prototypes.cosines(torch.from_numpy(vectors)).numpy()
        for split, (vectors, _, _) in splits.items()
    }
    gold = {split: classes for split, (_, _, classes) in splits.items()}
    temperature = fit_temperature(near["dev"] * 20, gold["dev"]) / 20
    logits = {
        "prototypes": {split: cosines / temperature for split, cosines in near.items()},
        "classifier": {split: logits for split, (_, logits, _) in splits.items()},
    }

    emotions = emotional(pipe.labels, pipe.neutral_label)

    def figures(scores: np.ndarray, split: str) -> dict[str, float]:
        counts = count_confusions(gold[split], scores.argmax(1), len(pipe.labels))
        found = standard_figures(counts, emotions)
        return {name: float(found[name]) for name in FIGURES}

    def goodness(scores: np.ndarray) -> float:
        found = figures(scores, "dev")
        return found["emotion_macro_f"] + found["emotion_micro_f"]

    result = {"prototypes": figures(logits["prototypes"]["test"], "test")}
    for name, by_split in logits.items():
        adjusted = [(goodness(by_split["dev"] + power * prior), power) for power in PRIOR_POWERS]
        power = float(max(adjusted)[1])
        found = figures(by_split["test"] + power * prior, "test")
        result[f"{name}_with_prior"] = {"prior_power": power, **found}
    return result


if __name__ == "__main__":
    main()
