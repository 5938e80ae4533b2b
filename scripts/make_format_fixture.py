"""Make a tiny saved pipeline, so that later versions can be held against what this one writes.

    python -m scripts.make_format_fixture tests/fixtures/formats/1

Run it once for each new format of saved pipelines, in a checkout of the version that writes it,
and keep what came out for good. Beside the pipeline lies `expected.json`: a dialogue, and the
scores and the most similar turn that the pipeline gave.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import spacy
import srsly
from spacy.language import Language
from spacy.training import Example
from spacy.util import fix_random_seed

from spacy_casn import make_dialogue
from tests.fakes import save_sentence_encoder

TEXT = "Ann: You won!\nBen: Really?\nAnn: Yes, the cake.\nBen: Oh no, you lost."
CONTEXT = {
    "@architectures": "spacy_casn.TransformerContext.v1",
    "width": 8,
    "depth": 1,
    "heads": 2,
    "window": 2,
}
DIALOGUES = (
    (["Hello there.", "You won!", "Really?"], ["no emotion", "happiness", "surprise"]),
    (["The cake is terrible.", "What?", "Fine."], ["anger", "surprise", "anger"]),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path, help="New folder.")
    args = parser.parse_args()
    with TemporaryDirectory() as folder:
        encoder = save_sentence_encoder(Path(folder) / "tiny-encoder", width=8)
        nlp = trained_pipeline(encoder)
    args.output.mkdir(parents=True)
    nlp.to_disk(args.output / "pipeline")
    doc, pipe = nlp(TEXT), nlp.get_pipe("casn_emotion")
    turns = doc.spans["turns"]
    (nearest,) = pipe.nearest(turns[0], n=1)
    expected = {
        "text": TEXT,
        "labels": pipe.labels,
        "scores": turns.attrs["scores"].tolist(),
        "nearest": nearest.turn,
    }
    srsly.write_json(args.output / "expected.json", expected)


def trained_pipeline(encoder: Path) -> Language:
    """A pipeline with all that can be saved, trained for a moment."""
    fix_random_seed(0)
    nlp = spacy.blank("xx")
    nlp.meta["spacy_version"] = ">=3.8.0,<3.9.0"
    settings = {
        "model": {
            "@architectures": "spacy_casn.CasnModel.v1",
            "encoder": {
                "@architectures": "spacy_casn.SentenceTransformerEncoder.v1",
                "name": str(encoder),
            },
            "context": CONTEXT,
        }
    }
    pipe = nlp.add_pipe("casn_emotion", config=settings)
    docs = [make_dialogue(nlp, turns, emotions=labels) for turns, labels in DIALOGUES]
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    optimizer.learn_rate = 0.01
    for _ in range(20):
        nlp.update(examples, sgd=optimizer)
    pipe.index_turns(docs)
    pipe.learn_labels({"praise": ["You won!"], "complaint": ["The cake is terrible."]})
    pipe.use_labels("trained")
    nlp.config["components"]["casn_emotion"]["model"]["encoder"]["name"] = encoder.name
    return nlp


if __name__ == "__main__":
    main()
