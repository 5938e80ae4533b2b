"""Turns begin and end between words, whatever the tokenizer."""

from collections.abc import Collection

from spacy.tokens import Doc


def part_words(doc: Doc, borders: Collection[int]) -> None:
    """Part each word that reaches over a border, in place; other words stay as they are.

    A tokenizer that cuts at spaces alone gives `won!\\nBen:` as one word, and a turn would hold
    the name of who speaks next.

    Args:
        doc: A Doc without span groups, since spaCy doesn't move them along.
        borders: Characters of the text before which a word must begin or end.
    """
    starts = set(borders)
    for word in doc:
        starts.difference_update((word.idx, word.idx + len(word)))
    if not starts:
        return
    with doc.retokenize() as retokenizer:
        for word in doc:
            end = word.idx + len(word)
            cuts = sorted(cut - word.idx for cut in starts if word.idx < cut < end)
            if cuts:
                ends = zip([0, *cuts], [*cuts, len(word)], strict=True)
                parts = [word.text[first:last] for first, last in ends]
                retokenizer.split(word, parts, heads=[(word, 0)] * len(parts))
