"""Make the pretrained pipeline that the package carries, from a trained one.

    python -m scripts.make_pretrained training/dailydialog/ce/model-best \\
        --metrics metrics/dailydialog/ce.json --data dailydialog

Writes into spacy_casn/weights: config.cfg, model.safetensors (all weights but the sentence
encoder's, as float16), and the model card. Then give the weights' sha256 sum to `SHA256` in
spacy_casn/pipeline/pretrained.py.
"""

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from thinc.api import Config

from spacy_casn import __version__
from spacy_casn.packaging.card_writer import write_card
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pipeline.pretrained import CONFIG, FOLDER, NAME, WEIGHTS, save_weights
from spacy_casn.storage.files import replaced_when_whole

CARD = "README.md"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", type=Path, help="The trained pipeline's directory.")
    parser.add_argument("--metrics", type=Path, required=True, help="What `evaluate` wrote of it.")
    parser.add_argument("--data", required=True, help="What it was trained on.")
    args = parser.parse_args()
    nlp, pipe = load_pipeline(str(args.model))
    settings = nlp.config.interpolate()["components"][pipe.name]
    config = Config({"nlp": {"lang": nlp.lang, "pipeline": [NAME]}, "components": {NAME: settings}})
    with replaced_when_whole(FOLDER / CONFIG) as temporary:
        config.to_disk(temporary)
    save_weights(pipe, FOLDER / WEIGHTS)
    with TemporaryDirectory() as folder:
        write_card(
            args.model,
            Path(folder),
            metrics=[args.metrics],
            data=args.data,
            name="casn_pretrained",
            version=__version__,
        )
        card = Path(folder, CARD).read_text(encoding="utf-8")
    card = card.replace("import spacy\n", "import spacy_casn\n")
    card = card.replace('spacy.load("en_casn_pretrained")', "spacy_casn.load()")
    with replaced_when_whole(FOLDER / CARD) as temporary:
        temporary.write_text(card, encoding="utf-8")


if __name__ == "__main__":
    main()
