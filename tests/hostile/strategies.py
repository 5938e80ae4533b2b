"""Hostile text, as hypothesis draws it: the pieces of the fuzz run, and any other character."""

from hypothesis import strategies as st

from .text import FRAGMENTS, Said

PIECES = st.sampled_from([piece for group in FRAGMENTS.values() for piece in group])
TEXTS = st.lists(PIECES | st.characters(), max_size=5).map("".join)
NAMES = st.just("") | TEXTS
DIALOGUES = st.lists(st.builds(Said, NAMES, TEXTS), min_size=1, max_size=6)
