"""What the fuzz run feeds with hostile dialogues, and what must come out: each turn, in order."""

import csv
import json
import shutil
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from random import Random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import spacy
from spacy.tokens import Doc, DocBin

import spacy_casn
from spacy_casn import DialogueSession, line_turns, make_dialogue
from spacy_casn.annotation.run import annotate
from spacy_casn.corpora.conversion import convert
from spacy_casn.data.dialogue import make_doc, says_something
from spacy_casn.formats.records import Columns
from spacy_casn.formats.spoken import without_entities
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pipeline.pretrained import PRETRAINED
from spacy_casn.visualization.templates import displayable

from .text import Said, in_line, joined, random_text, whole, written

Dialogue = list[Said]
ROUTES = [
    *(("jsonl", target) for target in ("jsonl", "csv", "tsv", "parquet", "spacy")),
    *(("csv", target) for target in ("csv", "jsonl", "parquet")),
    *(("parquet", target) for target in ("parquet", "csv")),
    *(("spacy", target) for target in ("spacy", "jsonl")),
    *(("tsv", "tsv"), ("txt", "jsonl")),
]
"""What `annotate` reads and writes; each batch takes the next."""
TABLES = ("csv", "tsv", "parquet")
"""Those whose cells may hold HTML's entities, as exports of chats have them."""
COLUMNS = ["dialogue", "speaker", "text", "emotion"]
TAGS = (
    "html head meta title style body main h1 h2 section div p span b bdi ol ul li "
    "svg line path circle text a nav figure figcaption fieldset legend label input details summary"
)
"""Those that a page consists of, whatever is said."""


class LostTurnError(Exception):
    """A turn, or something of it, did not come out as it went in."""


def compare(found: Iterable[object], expected: Iterable[object]) -> None:
    """Raises LostTurnError at the first difference."""
    found, expected = list(found), list(expected)
    if len(found) != len(expected):
        raise LostTurnError(f"{len(found)} came out, not {len(expected)}")
    for number, (one, other) in enumerate(zip(found, expected, strict=True), 1):
        if one != other:
            raise LostTurnError(f"number {number} is {one!r}, not {other!r}"[:2000])


def turns_of(doc: Doc) -> list[Said]:
    """The speakers and texts in a Doc's spans."""
    return [Said(turn._.speaker, turn.text) for turn in doc.spans["turns"]]


class Targets:
    """The checks; each takes dialogues, and gives how many were refused as documented.

    Args:
        folder: For files.
        model: A pipeline's directory or package.
    """

    def __init__(self, folder: Path, model: str = PRETRAINED) -> None:
        self.folder = folder
        self.model = model
        self.blank = spacy.blank("en")
        self.nlp, pipe = load_pipeline(model)
        self.labels = set(pipe.labels)

    def make_dialogue(self, dialogues: Sequence[Dialogue]) -> int:
        """Spans are what was given."""
        with self.blank.memory_zone():
            for dialogue in dialogues:
                compare(turns_of(self._doc(dialogue)), map(written, dialogue))
        return 0

    def getter(self, dialogues: Sequence[Dialogue]) -> int:
        """A transcript gives back turns and speakers, and any text a turn for each line."""
        with self.blank.memory_zone():
            for dialogue in dialogues:
                text = self._doc(dialogue).text
                spans = line_turns(make_doc(self.blank, text))
                compare((Said(span.id_, span.text) for span in spans), map(written, dialogue))
                raw = whole("\n".join(said.text for said in dialogue))
                lines = [line.strip() for line in raw.splitlines() if line.strip()]
                spans = line_turns(make_doc(self.blank, raw))
                if len(spans) != len(lines):
                    raise LostTurnError(f"{len(spans)} turns in {len(lines)} lines")
                for span, line in zip(spans, lines, strict=True):
                    if not (span.text and line.endswith(span.text)):
                        raise LostTurnError(f"{span.text!r} is not what {line!r} says"[:2000])
        return 0

    def session(self, dialogues: Sequence[Dialogue]) -> int:
        """A live dialogue keeps its turns, also when it is saved and taken up again."""
        path = self.folder / "session.json"
        for dialogue in dialogues:
            session = DialogueSession(self.nlp)
            with self.nlp.memory_zone():
                for speaker, text in dialogue:
                    emotion = session.add(speaker, text)
                    if emotion not in (self.labels if says_something(whole(text)) else {""}):
                        raise LostTurnError(f"{text!r} got the emotion {emotion!r}"[:2000])
                    if emotion:
                        check_scores(session.turns[-1].scores)
                expected = list(map(written, dialogue))
                compare((Said(turn.speaker, turn.text) for turn in session.turns), expected)
                compare(turns_of(session.doc()), expected)
            session.to_disk(path)
            saved = DialogueSession(self.nlp).from_disk(path).turns
            compare((Said(turn.speaker, turn.text) for turn in saved), expected)
        return 0

    def convert(self, ending: str, dialogues: Sequence[Dialogue]) -> int:
        """Each dialogue becomes a Doc, with its turns and their labels."""
        labelled = [
            list(zip(dialogue, map(in_line, random_labels(dialogue)), strict=True))
            for dialogue in dialogues
        ]
        source = self._empty_folder("corpus")
        for split, content in (("train", labelled), ("dev", labelled[:1]), ("test", labelled[:1])):
            rows = [[(*said, emotion) for said, emotion in dialogue] for dialogue in content]
            write_dialogues(source / f"{split}.{ending}", rows)
        columns = None if ending == "jsonl" else Columns("dialogue", "text", "speaker", "emotion")
        convert(source, self.folder / "converted", columns=columns)
        docs = read_docs(self.folder / "converted" / "train.spacy")
        for doc, dialogue in zip(docs, labelled, strict=True):
            compare(turns_of(doc), (came_out(said, ending, "spacy") for said, _ in dialogue))
            compare((turn.label_ for turn in doc.spans["turns"]), (label for _, label in dialogue))
        return 0

    def annotate(self, ending: str, target: str, dialogues: Sequence[Dialogue]) -> int:
        """Each turn of a file comes out of it, with an emotion unless nothing is said."""
        source, output = self.folder / f"in.{ending}", self.folder / f"out.{target}"
        given = list(dialogues)
        if ending == "spacy":
            docs = [self._doc(dialogue) for dialogue in given]
            DocBin(attrs=["ORTH", "SPACY"], docs=docs).to_disk(source)
        elif ending == "txt":
            given = [[Said("Ann", said.text) for said in dialogue] for dialogue in given]
            source = self._write_transcripts(given)
        else:
            write_dialogues(source, [[(*said, "") for said in dialogue] for dialogue in given])
        columns = Columns("dialogue", "text", "speaker") if ending in TABLES else None
        annotate(
            self.model,
            str(source),
            str(output),
            source_format=ending,
            columns=columns,
            raw=True,
        )
        found = list(read_dialogues(output))
        if len(found) != len(given):
            raise LostTurnError(f"{len(found)} dialogues came out, not {len(given)}")
        for turns, dialogue in zip(found, given, strict=True):
            compare(
                (Said(speaker, text) for speaker, text, _ in turns),
                (came_out(said, ending, target) for said in dialogue),
            )
            for (_, _, emotion), said in zip(turns, dialogue, strict=True):
                text = without_entities(said.text) if ending in TABLES else said.text
                if emotion not in (self.labels if says_something(whole(text)) else {""}):
                    raise LostTurnError(f"{said.text!r} got the emotion {emotion!r}"[:2000])
        return 0

    def render(self, dialogues: Sequence[Dialogue]) -> int:
        """A page shows names, texts and labels as text, and nothing else."""
        with self.blank.memory_zone():
            for dialogue in dialogues:
                labels = random_labels(dialogue)
                doc = self._doc(dialogue, labels)
                known = sorted(set(labels))
                scores = np.full((len(labels), len(known)), 1 / len(known), np.float32)
                doc.spans["turns"].attrs.update(scores=scores, labels=known)
                html = spacy_casn.render(doc, page=True, jupyter=False)
                page = Page()
                page.feed(html.encode("utf-8").decode("utf-8"))
                page.close()
                if foreign := page.tags - set(TAGS.split()):
                    raise LostTurnError(f"the page has the elements {foreign}")
                shown = (
                    (*map(displayable, written(said)), displayable(label or "no label"))
                    for said, label in zip(dialogue, labels, strict=True)
                )
                compare(page.turns(), shown)
        return 0

    def _doc(self, dialogue: Dialogue, emotions: Sequence[str] | None = None) -> Doc:
        texts = [said.text for said in dialogue]
        speakers = [said.speaker for said in dialogue]
        return make_dialogue(self.blank, texts, speakers=speakers, emotions=emotions)

    def _write_transcripts(self, dialogues: Sequence[Dialogue]) -> Path:
        folder = self._empty_folder("transcripts")
        for number, dialogue in enumerate(dialogues):
            path = folder / f"{number:06}.txt"
            path.write_bytes(self._doc(dialogue).text.encode("utf-8"))
        return folder

    def _empty_folder(self, name: str) -> Path:
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder


class Page(HTMLParser):
    """Reads a page's elements, and the turns in it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self._turns: list[dict[str, str]] = []
        self._part = ""

    def turns(self) -> list[tuple[str, str, str]]:
        """Speaker, text and emotion as they are shown."""
        parts = ("speaker", "text", "emotion")
        return [tuple(turn.get(f"casn-{part}", "") for part in parts) for turn in self._turns]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._part = (dict(attrs).get("class") or "").split(" ")[0]
        if self._part == "casn-turn":
            self._turns.append({})

    def handle_endtag(self, tag: str) -> None:
        self._part = ""

    def handle_data(self, data: str) -> None:
        if self._part and self._turns:
            self._turns[-1][self._part] = self._turns[-1].get(self._part, "") + data


def random_labels(dialogue: Dialogue) -> list[str]:
    """Hostile names of emotions, some of them alike or empty; always the same for a dialogue."""
    random = Random(repr(dialogue))
    names = ["", *(whole(random_text(random, 2)) for _ in range(4))]
    return random.choices(names, k=len(dialogue))


def came_out(said: Said, ending: str, target: str) -> Said:
    """A turn as a file has it that was made of one with that ending."""
    if ending in TABLES and target in ("jsonl", "spacy"):
        said = Said(said.speaker, without_entities(said.text))
    if target == "spacy" or ending in ("spacy", "txt"):
        return written(said)
    if ending == target == "jsonl":
        return Said(joined(said.speaker), joined(said.text))
    speaker = whole(said.speaker)
    return Said(speaker.strip() if target == "jsonl" else speaker, whole(said.text))


def check_scores(scores: dict[str, float]) -> None:
    """Raises LostTurnError unless they are probabilities."""
    if not abs(sum(scores.values()) - 1) < 1e-3:
        raise LostTurnError(f"the scores are {scores}")


def write_dialogues(path: Path, dialogues: list[list[tuple[str, str, str]]]) -> None:
    """Speakers, texts and emotions in the format of the path's ending."""
    if path.suffix == ".jsonl":
        with path.open("w", encoding="utf-8") as file:
            for number, dialogue in enumerate(dialogues):
                turns = [dict(zip(COLUMNS[1:], turn, strict=True)) for turn in dialogue]
                name = f"{number} {turns[0]['text'][:80]}"
                file.write(json.dumps({"id": name, "turns": turns}) + "\n")
        return
    rows = [
        [f"d{number}", *map(whole, turn)]
        for number, dialogue in enumerate(dialogues)
        for turn in dialogue
    ]
    if path.suffix == ".parquet":
        pq.write_table(pa.table(list(map(list, zip(*rows, strict=True))), names=COLUMNS), path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, dialect=_dialect(path)).writerows([COLUMNS, *rows])


def read_dialogues(path: Path) -> Iterator[list[tuple[str, str, str]]]:
    """Speakers, texts and emotions, dialogue by dialogue."""
    if path.suffix == ".spacy":
        for doc in read_docs(path):
            yield [(turn._.speaker, turn.text, turn.label_) for turn in doc.spans["turns"]]
    elif path.suffix == ".jsonl":
        with path.open("rb") as file:
            for line in file:
                turns = json.loads(line)["turns"]
                yield [(turn.get("speaker", ""), turn["text"], emotion_of(turn)) for turn in turns]
    else:
        dialogues: dict[str, list[tuple[str, str, str]]] = {}
        for row in _rows(path):
            turn = (row["speaker"], row["text"], emotion_of(row))
            dialogues.setdefault(row["dialogue"], []).append(turn)
        yield from dialogues.values()


def emotion_of(turn: dict[str, str]) -> str:
    """What was found, which has a name of its own where the input had an emotion already."""
    return turn.get("casn_emotion", turn["emotion"])


def read_docs(path: Path) -> Iterator[Doc]:
    """The Docs of a DocBin."""
    yield from DocBin().from_disk(path).get_docs(spacy.blank("en").vocab)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if path.suffix == ".parquet":
        yield from pq.read_table(path).to_pylist()
    else:
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file, dialect=_dialect(path))


def _dialect(path: Path) -> str:
    return "excel" if path.suffix == ".csv" else "excel-tab"
