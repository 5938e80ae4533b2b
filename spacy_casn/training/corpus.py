"""Reader of dialogues for training and evaluation."""

from collections.abc import Callable, Iterator
from pathlib import Path

from spacy.attrs import ORTH, SPACY
from spacy.language import Language
from spacy.tokens import Doc, Span, SpanGroup
from spacy.training import Example
from spacy.vocab import Vocab

from ..compat import msgpack_plugins_known
from ..data.dialogue import SPANS_KEY, line_turns, read_turns
from ..formats.docbin import ENDING, read_docs


class DialogueCorpus:
    """Examples from a `.spacy` file, or from all in a folder.

    The predicted Doc has the gold one's words, turns and speakers, but no labels. What was
    read is kept: spaCy asks for the training examples once to initialize and once to train,
    for those of dev at each evaluation, and changes only copies of them.

    Args:
        path: DocBin file or folder.
        spans_key: Name of the span group.
        limit: Dialogues to read at most, 0 for all.
    """

    def __init__(self, path: Path | None, *, spans_key: str = SPANS_KEY, limit: int = 0) -> None:
        self.path = path
        self.spans_key = spans_key
        self.limit = limit
        self._read: tuple[Vocab, list[Example]] | None = None

    def __call__(self, nlp: Language) -> Iterator[Example]:
        """Raise ValueError for a missing or unreadable file and for turns out of order."""
        if self._read is None or self._read[0] is not nlp.vocab:
            with msgpack_plugins_known():
                self._read = nlp.vocab, list(self._examples(nlp))
        yield from self._read[1]

    def _examples(self, nlp: Language) -> Iterator[Example]:
        number = 0
        for path in self._files():
            for in_file, doc in enumerate(read_docs(path, nlp.vocab), 1):
                if number == self.limit > 0:
                    return
                number += 1
                try:
                    turns = read_turns(doc, self.spans_key, line_turns)
                except ValueError as error:
                    raise ValueError(f"'{path}', dialogue {in_file}: {error}") from error
                yield Example(unlabelled(doc, turns, self.spans_key), doc)

    def _files(self) -> list[Path]:
        if self.path is None:
            raise ValueError(
                "No corpus: give its `path`, in a config as paths.train and paths.dev."
            )
        if self.path.is_file():
            return [self.path]
        files = sorted(self.path.glob(f"*{ENDING}"))
        if not files:
            raise ValueError(
                f"No dialogues at '{self.path}': give a {ENDING} file, or a folder with some, as "
                f"`python -m spacy casn convert` writes them."
            )
        return files


def unlabelled(doc: Doc, turns: list[Span], spans_key: str) -> Doc:
    """Return a Doc with the same words, turns and speakers, but no labels."""
    orths, spaces = doc.to_array([ORTH, SPACY]).T.tolist()
    bare = Doc(doc.vocab, words=[doc.vocab.strings[orth] for orth in orths], spaces=spaces)
    spans = [Span(bare, turn.start, turn.end, span_id=turn.id) for turn in turns]
    bare.spans[spans_key] = SpanGroup(bare, name=spans_key, spans=spans)
    return bare


def make_dialogue_corpus_v1(
    path: str | Path | None, spans_key: str = SPANS_KEY, limit: int = 0
) -> Callable[[Language], Iterator[Example]]:
    """Make `spacy_casn.DialogueCorpus.v1`; see `DialogueCorpus`."""
    return DialogueCorpus(None if path is None else Path(path), spans_key=spans_key, limit=limit)
