"""See whether accuracy falls off on dialogues that are longer than any in training.

    python -m benchmarks.accuracy.long_dialogues ce=training/study/ce-1/model-best

Joins the test split's dialogues to ever longer ones, so that the same turns are labelled each
time, and measures them by the standard protocol. Adds each named pipeline's figures to
metrics/<dataset>/long_dialogues.json.
"""

import argparse
from pathlib import Path
from typing import Any

import spacy
import srsly
from spacy.language import Language
from spacy.training import Example

from spacy_casn import make_dialogue
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.training.corpus import DialogueCorpus

JOINED = (1, 2, 5, 10, 50, 200)
FIGURES = ("emotion_macro_f", "emotion_micro_f", "emotion_weighted_f", "emotion_mcc")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="+", metavar="NAME=PIPELINE")
    parser.add_argument("--corpus", type=Path, default=Path("corpus", "dailydialog"))
    args = parser.parse_args()
    output = Path("metrics", args.corpus.name, "long_dialogues.json")
    metrics = srsly.read_json(output) if output.exists() else {}
    for model in args.models:
        name, _, path = model.partition("=")
        metrics[name] = measure(path, args.corpus)
        with replaced_when_whole(output) as temporary:
            srsly.write_json(temporary, metrics)


def measure(model: str, corpus: Path) -> dict[str, Any]:
    """The standard protocol's figures, the dialogues joined by ever more."""
    nlp = spacy.load(model)
    pipe = nlp.get_pipe("casn_emotion")
    examples = list(DialogueCorpus(corpus / "test.spacy")(nlp))
    pipe.encode_turns(example.predicted for example in examples)
    rows = []
    for number in JOINED:
        joined = join(nlp, examples, number)
        scores = nlp.evaluate(joined)
        longest = max(len(example.reference.spans["turns"]) for example in joined)
        rows.append(
            {"joined": number, "longest": longest} | {name: scores[name] for name in FIGURES}
        )
    train = DialogueCorpus(corpus / "train.spacy")(nlp)
    return {
        "model": model,
        "training_seed": nlp.config.interpolate()["training"].get("seed"),
        "longest_in_training": max(len(example.reference.spans["turns"]) for example in train),
        "test": rows,
    }


def join(nlp: Language, examples: list[Example], number: int) -> list[Example]:
    """Dialogues of so many of the given ones each, in their order."""
    joined = []
    for start in range(0, len(examples), number):
        turns = [
            turn
            for example in examples[start : start + number]
            for turn in example.reference.spans["turns"]
        ]
        given: dict[str, Any] = {
            "speakers": [turn._.speaker for turn in turns],
            "emotions": [turn.label_ for turn in turns],
        }
        texts = [turn.text for turn in turns]
        doc = make_dialogue(nlp, texts, **given)
        bare = make_dialogue(nlp, texts, speakers=given["speakers"])
        joined.append(Example(bare, doc))
    return joined


if __name__ == "__main__":
    main()
