"""spaCy's own files: DocBins, whose Docs keep their words and all that stands on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from spacy.tokens import Doc, DocBin
from spacy.vocab import Vocab

from ..data.dialogue import line_turns
from ..data.types import Dialogue
from ..storage.archives import check_expansion
from ..storage.errors import first_line
from .base import Head, Match, Options, WritableFormat, Write
from .records import Header, Reading, Result
from .sources import Source

ENDING = ".spacy"


class DocBins(WritableFormat):
    """See the module."""

    name = "spacy"
    title = "spaCy DocBin"
    endings = (ENDING,)
    help = "A DocBin: one Doc a dialogue, one span a turn; held in memory file by file."
    seeks = True

    def recognise(self, head: Head) -> Match:
        """Return SURE for the marks of zlib, in which a DocBin is packed."""
        if head.data.startswith((b"\x78\x9c", b"\x78\xda", b"\x78\x01")):
            return Match.SURE
        return Match.NEAR if head.ending == ENDING else Match.NO

    @contextmanager
    def opened(self, source: Source, options: Options) -> Iterator[Reading]:
        """Open a file; it is read as a whole when its first dialogue is asked for."""
        yield Reading(Header.plain(), self._dialogues(source, options))

    def _dialogues(self, source: Source, options: Options) -> Iterator[Dialogue]:
        with source.opened() as file:
            data = file.read()
            source.read_to()
        # The words are kept apart from the pipeline's, which forgets them from time to time.
        for number, doc in enumerate(unpack_docs(data, source.name, Vocab()), 1):
            place = f"{source.name}, dialogue {number}"
            try:
                turns = list(doc.spans.get(options.spans_key, [])) or line_turns(doc)
            except IndexError:
                problem = ValueError(f"{place}: a turn lies outside of the Doc: make it anew.")
                options.faults.add(problem, doc.text)
                continue
            yield Dialogue(
                [turn.text for turn in turns],
                [turn.id_ for turn in turns],
                [turn.label_ for turn in turns],
                place,
                f"{source.stem}-{number}",
                packed=doc.to_bytes(),
            )

    @contextmanager
    def writer(
        self, file: BinaryIO, labels: tuple[str, ...], header: Header, *, raw: bool = False
    ) -> Iterator[Write]:
        """Give the function that keeps one result's Doc; all are written at the end."""
        docs = DocBin(store_user_data=True)

        def write(result: Result) -> None:
            docs.add(result.doc)

        yield write
        file.write(docs.to_bytes())


def read_docs(path: Path, vocab: Vocab) -> Iterator[Doc]:
    """Give the Docs of a `.spacy` file, one after the other; see `unpack_docs`."""
    return unpack_docs(path.read_bytes(), str(path), vocab)


def unpack_docs(data: bytes, name: str, vocab: Vocab) -> Iterator[Doc]:
    """Give the Docs of a DocBin's bytes, one after the other; `name` is what an error calls them.

    Raises:
        ValueError: they can't be read, or would unpack to far more than they are.
    """
    check_expansion(data, name)
    try:
        yield from DocBin().from_bytes(data).get_docs(vocab)
    except Exception as error:  # zlib's, msgpack's or spaCy's, by where it breaks
        raise ValueError(
            f"'{name}' is no readable DocBin ({first_line(error)}): make it anew."
        ) from error


DOCBIN = DocBins()
