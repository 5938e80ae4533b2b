"""The triplet protocol on a sentence encoder's own vectors, without context or training.

    python -m benchmarks.accuracy.untrained_vectors

Writes metrics/<dataset>/untrained.json: what any trained figure of this protocol has to beat.
"""

import argparse
from pathlib import Path

import spacy
import srsly

from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.scoring.labelled_turns import LabelledTurns
from spacy_casn.scoring.triplet_protocol import triplet_scores
from spacy_casn.training.corpus import DialogueCorpus


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="dailydialog")
    parser.add_argument("--encoder", default="all-MiniLM-L6-v2")
    args = parser.parse_args()

    corpus = DialogueCorpus(Path("corpus", args.dataset, "test.spacy"))
    docs = [example.reference for example in corpus(spacy.blank("en"))]
    turns = [turn for doc in docs for turn in doc.spans["turns"] if turn.label_]
    encoder = SentenceEncoder(args.encoder)
    encoder.encode_corpus(turn.text for turn in turns)
    vectors = encoder.encode([turn.text for turn in turns])
    gold = [turn.label_ for turn in turns]
    table = LabelledTurns.of_labels([gold], [gold], vectors=[vectors])
    metrics = triplet_scores(table, seed=0)
    output = Path("metrics", args.dataset, "untrained.json")
    output.parent.mkdir(parents=True, exist_ok=True)
    srsly.write_json(output, {**metrics, "encoder": args.encoder, "seed": 0})


if __name__ == "__main__":
    main()
