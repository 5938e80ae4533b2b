"""Measure the way from thousands of chats to the ten worst: `casn annotate`, then `casn summarize`.

    python -m benchmarks.speed.worst_of_many pretrained --talks dailydialog=../data/dailydialog

The chats are dialogues of a corpus, under invented names, as WhatsApp's exports: one file each.
Both commands run as a user runs them, with one thread; what counts is the processor's time with
all that starting takes. The corpus knows which turns are angry, so that it tells whether the ten
that the summary puts first are. Writes metrics/worst_of_many.json.
"""

import argparse
import os
import resource
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import srsly

from benchmarks.common import machine
from spacy_casn.corpora.corpus import named
from spacy_casn.formats.faults import Faults
from spacy_casn.storage.files import replaced_when_whole
from spacy_casn.summary.figures import figures_of
from spacy_casn.summary.read import read_table

NAMES = ("Nora Quill", "Pete Ross", "Ines Vale", "Omar Finch", "Tess Lark", "Hugo Marsh")
WORST = 10
ANGER = "anger"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", help="A pipeline's directory or package, or 'pretrained'.")
    parser.add_argument("--talks", required=True, metavar="CORPUS=FOLDER")
    parser.add_argument("--chats", type=int, default=5000)
    parser.add_argument("--output", type=Path, default=Path("metrics", "worst_of_many.json"))
    parser.add_argument("--keep", type=Path, help="Folder for chats and page; else they go.")
    args = parser.parse_args()

    with TemporaryDirectory() as temporary:
        folder = args.keep or Path(temporary)
        chats, annotated = folder / "chats", folder / "annotated"
        angry = write_chats(args.talks, args.chats, chats)
        seconds = {
            "annotate": processor_seconds("annotate", args.model, chats, annotated),
            "summarize": processor_seconds("summarize", annotated),
        }
        table = read_table(str(annotated))
        angriest = figures_of(table).courses.at_least[:, table.labels.index(ANGER)]
        order = np.argsort(-angriest, kind="stable")
        worst = [table.names[number] for number in order[:WORST]]
        metrics: dict[str, Any] = {
            "model": Path(args.model).name,
            **machine(),
            "threads": 1,
            "chats": len(table.names),
            "turns": len(table.texts),
            "processor_seconds": seconds,
            "megabytes": {
                path.suffix[1:]: round(path.stat().st_size / 1e6, 1)
                for path in folder.glob("annotated-summary.*")
            },
            "angry_turns": {
                "all": round(float(np.mean(list(angry.values()))), 3),
                "worst": round(float(np.mean([angry[name] for name in worst])), 3),
            },
        }
    with replaced_when_whole(args.output) as path:
        srsly.write_json(path, metrics)


def write_chats(talks: str, count: int, folder: Path) -> dict[str, float]:
    """Write that many chats; return each one's share of turns that the corpus calls angry."""
    random = Random(0)
    folder.mkdir(parents=True)
    name, _, source = talks.partition("=")
    corpus = named(name)
    dialogues = (
        dialogue
        for split in corpus.files
        for dialogue in corpus.read(Path(source), split, Faults())
    )
    angry = {}
    for number, dialogue in enumerate(islice(dialogues, count), 1):
        speakers = random.sample(NAMES, 2)
        moment = datetime(2025, 1, 1) + timedelta(minutes=random.randrange(365 * 24 * 60))
        lines = []
        for turn, text in enumerate(dialogue.turns):
            moment += timedelta(seconds=random.randrange(5, 120))
            lines.append(f"[{moment:%d/%m/%Y, %H:%M:%S}] {speakers[turn % 2]}: {text}\n")
        chat = f"chat-{number:04}"
        (folder / f"{chat}.txt").write_text("".join(lines), encoding="utf-8")
        angry[chat] = sum(label == ANGER for label in dialogue.emotions) / len(dialogue.emotions)
    return angry


def processor_seconds(*command: str | Path) -> float:
    """Seconds that a command takes of the processor, with its start."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-m", "spacy", "casn", *command],
        check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1)


if __name__ == "__main__":
    main()
