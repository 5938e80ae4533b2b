"""Make a pretrained pipeline that a package carries, from a trained one.

    python -m scripts.make_pretrained training/joint/default/model-best pretrained \\
        --data everyday --data goemotions --metrics metrics/pretrained/everyday.json

Writes into the package's folder config.cfg, model.safetensors (all weights but the sentence
encoder's as float16, and of its encoder a low-rank difference to the published one), for word
vectors the table in eight bits, and the model card. Then give the weights' sha256 sum, which is
printed, to `PIPELINES` in spacy_casn/pipeline/pretrained.py.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from thinc.api import Config
from wasabi import msg

from spacy_casn import __version__
from spacy_casn.encoders.low_rank import low_rank_delta, transformer_weights
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.encoders.word_vectors import WordVectorEncoder, in_eight_bits, write_table
from spacy_casn.packaging.card_writer import write_card
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pipeline.pretrained import CONFIG, NAME, PIPELINES, WEIGHTS, WORDS, save_weights
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.storage.integrity import sum_of

CARD = "README.md"
RANK = 128
"""Of the encoder's difference: 0.3 points of macro-F are lost on dev (docs/evaluation.md)."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="The trained pipeline's directory.")
    parser.add_argument("name", choices=PIPELINES, help="Which pipeline it becomes.")
    parser.add_argument("--folder", type=Path, help="By default that of the installed package.")
    parser.add_argument("--metrics", type=Path, action="append", default=[])
    parser.add_argument("--data", required=True, action="append", help="What it was trained on.")
    args = parser.parse_args()
    folder = args.folder or PIPELINES[args.name].folder
    nlp, pipe = load_pipeline(str(args.model))
    settings = nlp.config.interpolate()["components"][pipe.name]
    encoder = settings["model"]["encoder"]
    delta = None
    if isinstance(pipe.utterance_encoder, WordVectorEncoder):
        encoder |= {"trainable": False, "name": WORDS}
        pipe.cfg["encoder"] = _write_words(pipe.utterance_encoder, folder / WORDS)
    elif isinstance(pipe.utterance_encoder, SentenceEncoder):
        encoder |= {"trainable": False, "batch_tokens": 512, "precision": "fp32"}
        published = SentenceEncoder("all-MiniLM-L6-v2")
        pipe.cfg["encoder"] = published.fingerprint()
        weights = (transformer_weights(one.model) for one in (pipe.utterance_encoder, published))
        delta = low_rank_delta(*weights, RANK)
    config = Config({"nlp": {"lang": nlp.lang, "pipeline": [NAME]}, "components": {NAME: settings}})
    with replaced_when_whole(folder / CONFIG) as temporary:
        config.to_disk(temporary)
    save_weights(pipe, folder / WEIGHTS, delta)
    with TemporaryDirectory() as written:
        write_card(
            args.model,
            Path(written),
            metrics=args.metrics,
            data=args.data,
            name=f"casn_{args.name}",
            version=__version__,
        )
        card = Path(written, CARD).read_text(encoding="utf-8")
    card = card.replace("import spacy\n", "import spacy_casn\n")
    call = "" if args.name == "pretrained" else f'"{args.name}"'
    card = card.replace(f'spacy.load("en_casn_{args.name}")', f"spacy_casn.load({call})")
    with replaced_when_whole(folder / CARD) as temporary:
        temporary.write_text(card, encoding="utf-8")
    msg.good(f"Wrote '{folder}'; the weights' sum is {sum_of(folder / WEIGHTS)}.")


def _write_words(encoder: WordVectorEncoder, folder: Path) -> str:
    """Write the vectors in eight bits, and return the fingerprint of what they then are."""
    table = encoder.model.weight.detach()
    write_table(folder, encoder.tokenizer, in_eight_bits(table))
    return WordVectorEncoder(str(folder)).fingerprint()


if __name__ == "__main__":
    main()
