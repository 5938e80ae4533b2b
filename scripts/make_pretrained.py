"""Make the pretrained pipeline that the package carries, from a trained one.

    python scripts/make_pretrained.py training/dailydialog/triplet/model-best

Writes spacy_casn/weights/config.cfg and model.safetensors: all but the sentence encoder, as
float16.
"""

import argparse

from thinc.api import Config

from spacy_casn.files import replaced_when_whole
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pretrained import CONFIG, FOLDER, NAME, WEIGHTS, save_weights


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="The trained pipeline's directory.")
    args = parser.parse_args()
    nlp, pipe = load_pipeline(args.model)
    settings = nlp.config.interpolate()["components"][pipe.name]
    config = Config({"nlp": {"lang": nlp.lang, "pipeline": [NAME]}, "components": {NAME: settings}})
    with replaced_when_whole(FOLDER / CONFIG) as temporary:
        config.to_disk(temporary)
    save_weights(pipe, FOLDER / WEIGHTS)


if __name__ == "__main__":
    main()
