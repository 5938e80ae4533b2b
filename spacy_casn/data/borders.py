"""Turns begin and end between words, whatever the tokenizer."""

from collections.abc import Collection
from itertools import groupby, pairwise
from operator import itemgetter

import numpy as np
from spacy.attrs import IDX, LENGTH
from spacy.tokens import Doc


def part_words(doc: Doc, borders: Collection[int]) -> None:
    """Part each word that reaches over a border, in place; other words stay as they are.

    A tokenizer that cuts at spaces alone gives `won!\\nBen:` as one word, and a turn would hold
    the name of who speaks next.

    Args:
        doc: A Doc without span groups, since spaCy doesn't move them along.
        borders: Characters of the text before which a word must begin or end.
    """
    if not borders or not len(doc):
        return
    begins, lengths = doc.to_array([IDX, LENGTH]).astype(np.int64).T
    cuts = np.array(sorted(borders))
    words = begins.searchsorted(cuts, side="right") - 1
    inside = (begins[words] < cuts) & (cuts < (begins + lengths)[words])
    if not inside.any():
        return
    found = zip(words[inside].tolist(), cuts[inside].tolist(), strict=True)
    with doc.retokenize() as retokenizer:
        for number, pairs in groupby(found, key=itemgetter(0)):
            word = doc[number]
            places = [0, *(cut - word.idx for _, cut in pairs), len(word)]
            parts = [word.text[first:last] for first, last in pairwise(places)]
            retokenizer.split(word, parts, heads=[(word, 0)] * len(parts))
