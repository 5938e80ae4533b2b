"""Write the sample corpus as CSV tables, which the study reads by their columns.

python -m scripts.study.sample_table assets/sample_table
"""

import argparse
import csv
from pathlib import Path

from spacy_casn.corpora.conversion import read_source


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    output = parser.parse_args().output
    output.mkdir(parents=True, exist_ok=True)
    splits = read_source(Path("corpus", "sample"))
    for split, dialogues in splits.items():
        with (output / f"{split}.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.writer(file)
            table.writerow(["dialogue", "turn", "speaker", "text", "emotion"])
            for number, dialogue in enumerate(dialogues):
                turns = zip(dialogue.speakers, dialogue.turns, dialogue.emotions, strict=True)
                table.writerows((number, order, *turn) for order, turn in enumerate(turns))


if __name__ == "__main__":
    main()
