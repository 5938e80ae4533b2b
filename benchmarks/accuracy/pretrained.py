"""Measure the pretrained pipelines on corpora that they know and on others.

    python -m benchmarks.accuracy.pretrained --output metrics/pretrained.json

Each pipeline labels each test split by its own label prior, by that of the corpus where it was
trained on it, and by the one that it estimates from the split's unlabelled turns. By the corpus'
prior it is also calibrated anew, on that corpus' dev split alone. The sample corpus, which nothing
is ever trained on, is measured whole. Then the curve: how many emotional turns get an emotion, and
how many calm ones stay calm, as the expected share of neutral turns rises. A split that isn't in
`corpus/` is left out, and named.
"""

import argparse
import platform
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy.language import Language
from spacy.training import Example
from wasabi import msg

from spacy_casn.data.types import CORPUS_ATTR
from spacy_casn.pipeline.casn_emotion import CasnEmotion
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.scoring.figures import confusion
from spacy_casn.scoring.labelled_turns import labelled_turns
from spacy_casn.scoring.scorer import emotion_score
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

SPLITS = {
    "dailydialog": ["test"],
    "meld": ["test"],
    "goemotions": ["test"],
    "xed": ["test"],
    "everyday": ["test"],
    "sample": ["train", "dev", "test"],
}
FIGURES = ("macro_f", "micro_f", "weighted_f", "mcc", "ece")
NEUTRAL_SHARES = (0.2, 0.3, 0.4, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pipelines", nargs="+", default=["pretrained", "fast", "research"])
    parser.add_argument("--corpora", type=Path, default=Path("corpus"))
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()
    measured: dict[str, Any] = {"processor": platform.processor() or platform.machine()}
    for name in args.pipelines:
        nlp, pipe = load_pipeline(name)
        measured[name] = {}
        for corpus in SPLITS:
            examples = read_test(args.corpora, corpus, nlp)
            if examples is None:
                continue
            measured[name][corpus] = measure(nlp, pipe, args.corpora / corpus, examples)
            msg.good(f"{name} on {corpus}: {measured[name][corpus]['own']}")
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, measured)


def read_test(corpora: Path, corpus: str, nlp: Language) -> list[Example] | None:
    """Return what a corpus is measured on; None, and a warning, where it isn't there."""
    paths = [corpora / corpus / f"{split}.spacy" for split in SPLITS[corpus]]
    if not all(path.is_file() for path in paths):
        msg.warn(f"'{corpora / corpus}' isn't there: left out.")
        return None
    return [
        example
        for path in paths
        for example in DialogueCorpus(path)(nlp)
        if corpus != "goemotions" or _has_one_label(example)
    ]


def measure(
    nlp: Language, pipe: CasnEmotion, corpus: Path, examples: list[Example]
) -> dict[str, Any]:
    """Return the figures by each prior, and the curve over neutral shares."""
    pipe.encode_turns(example.predicted for example in examples)
    own = pipe.label_prior
    found = {"own": _figures(nlp, pipe, examples)}
    if corpus.name in pipe.known_priors:
        pipe.label_prior = corpus.name
        found["corpus"] = _figures(nlp, pipe, examples)
        common = pipe.cfg["temperature"]
        temperature = pipe.calibrate(DialogueCorpus(corpus / "dev.spacy")(nlp))
        calibrated = _figures(nlp, pipe, examples)
        found["calibrated"] = {"temperature": temperature, "ece": calibrated["ece"]}
        pipe.cfg["temperature"] = common
    estimate = pipe.adapt_prior(example.predicted for example in examples)
    found["estimated"] = _figures(nlp, pipe, examples)
    found["estimate"] = {"shares": estimate.shares, "intervals": estimate.intervals}
    found["curve"] = []
    for share in NEUTRAL_SHARES:
        pipe.label_prior = own
        pipe.set_neutral_share(share)
        figures = _figures(nlp, pipe, examples)
        found["curve"].append({"neutral": share} | figures)
    pipe.label_prior = own
    return found


def _figures(nlp: Language, pipe: CasnEmotion, examples: list[Example]) -> dict[str, Any]:
    docs = nlp.pipe(example.predicted.copy() for example in examples)
    pairs = [Example(doc, example.reference) for doc, example in zip(docs, examples, strict=True)]
    scores = emotion_score(pairs, neutral_label=pipe.neutral_label)
    counts = confusion(labelled_turns(pairs, pipe.spans_key))
    table = np.array(counts.counts)
    row, column = counts.labels.index("no emotion"), counts.predicted.index("no emotion")
    emotional = np.delete(table, row, axis=0)
    return {name: scores[f"emotion_{name}"] for name in FIGURES} | {
        "turns": int(table.sum()),
        "caught": 1 - float(emotional[:, column].sum() / emotional.sum()),
        "calm": float(table[row, column] / table[row].sum()),
    }


def _has_one_label(example: Example) -> bool:
    """Whether a comment has one label of the seven: the customary test on GoEmotions."""
    group = example.reference.spans["turns"]
    assert group.attrs.get(CORPUS_ATTR) == "goemotions"
    scores = group.attrs.get("scores")
    return scores is None or bool((scores.max(axis=1) > 0.5).all())


if __name__ == "__main__":
    main()
