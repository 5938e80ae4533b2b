"""What a user would pick to label turns: word lists, classifiers of single texts, and ours.

Each is made ready once, and then labels dialogues; what it takes to label them is what is timed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import spacy
from spacy.cli.init_config import init_config
from spacy.cli.train import train
from spacy.tokens import Doc, DocBin

from spacy_casn import make_dialogue
from spacy_casn.pipeline.loading import load_pipeline

NEUTRAL = "no emotion"
NRC_EMOTIONS = {
    "anger": "anger",
    "disgust": "disgust",
    "fear": "fear",
    "joy": "happiness",
    "sadness": "sadness",
    "surprise": "surprise",
}
"""What NRC's word list knows beside these has no label here: anticipation, trust and polarity."""
_WORD = re.compile(r"[a-z']+")


class Dialogue(NamedTuple):
    """The turns of a dialogue, who says them, and their gold labels ("" for none)."""

    turns: list[str]
    speakers: list[str]
    labels: list[str]


Dialogues = Sequence[Dialogue]
Contestant = Callable[[Dialogues], list[str]]
"""Labels all turns of the dialogues, in order."""
Texts = tuple[list[str], list[str]]
"""Turns, and their labels."""


def casn(name: str) -> Contestant:
    """A pipeline of ours, by its name or folder: from texts to labels, no vector known before."""
    nlp, pipe = load_pipeline(name)
    cache = getattr(pipe.utterance_encoder, "cache", None)

    def label(dialogues: Dialogues) -> list[str]:
        if cache is not None:
            cache.clear()
        docs = (make_dialogue(nlp, each.turns, speakers=each.speakers) for each in dialogues)
        return [turn.label_ for doc in nlp.pipe(docs) for turn in doc.spans[pipe.spans_key]]

    return label


def raw_encoder(folder: Path) -> Contestant:
    """sentence-transformers alone: vectors, no labels."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")

    def label(dialogues: Dialogues) -> list[str]:
        return [""] * len(model.encode(turns_of(dialogues)))

    return label


def vader() -> Contestant:
    """VADER, which weighs pleasant and unpleasant words; its authors' thresholds."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    scores = SentimentIntensityAnalyzer().polarity_scores
    return lambda dialogues: [of_valence(scores(turn)["compound"]) for turn in turns_of(dialogues)]


def of_valence(compound: float) -> str:
    """The label of a valence from -1 to 1: it can't tell anger, disgust, fear and sadness apart."""
    if compound >= 0.05:
        return "happiness"
    return "sadness" if compound <= -0.05 else NEUTRAL


def nrclex() -> Contestant:
    """NRCLex, which counts words that NRC's list knows, on lower-cased words as they stand."""
    from nrclex import NRCLex

    words = NRCLex()

    def label(dialogues: Dialogues) -> list[str]:
        labels = []
        for turn in turns_of(dialogues):
            words.load_token_list(_WORD.findall(turn.lower()))
            labels.append(of_counts(words.raw_emotion_scores))
        return labels

    return label


def of_counts(counts: Mapping[str, int]) -> str:
    """The label of most words; the first by name of several, neutral where there is none."""
    found = {label: counts.get(name, 0) for name, label in NRC_EMOTIONS.items()}
    best = max(found, key=found.__getitem__)
    return best if found[best] else NEUTRAL


def textcat(folder: Path, taught: Texts, dev: Texts, *, steps: int, seed: int) -> Contestant:
    """spaCy's text classifier as `spacy init config` sets it up for a processor: bag of words.

    Args:
        folder: Holds it; trained where there is none yet.
        taught: To train on.
        dev: By which the best step is chosen.
        steps: To train at most, spaCy's batches of 1,000 words or so.
        seed: Of the weights and the order.
    """
    if not (folder / "model-last").is_dir():  # written at the end
        config = init_config(lang="en", pipeline=["textcat"], optimize="efficiency")
        with TemporaryDirectory() as temporary:
            paths = {}
            for name, texts in (("train", taught), ("dev", dev)):
                paths[f"paths.{name}"] = str(Path(temporary, f"{name}.spacy"))
                _categories(texts).to_disk(paths[f"paths.{name}"])
            config.to_disk(Path(temporary, "config.cfg"))
            overrides = paths | {"training.max_steps": steps, "system.seed": seed}
            train(Path(temporary, "config.cfg"), folder, overrides=overrides)
    nlp = spacy.load(folder / "model-best")

    def label(dialogues: Dialogues) -> list[str]:
        return [_best(doc) for doc in nlp.pipe(turns_of(dialogues))]

    return label


def _categories(texts: Texts) -> DocBin:
    nlp = spacy.blank("en")
    labels = sorted(set(texts[1]))
    store = DocBin()
    for text, label in zip(*texts, strict=True):
        doc = nlp.make_doc(text)
        doc.cats = {each: float(each == label) for each in labels}
        store.add(doc)
    return store


def _best(doc: Doc) -> str:
    return max(doc.cats, key=doc.cats.__getitem__)


def turns_of(dialogues: Dialogues) -> list[str]:
    """All turns, in order."""
    return [turn for dialogue in dialogues for turn in dialogue.turns]
