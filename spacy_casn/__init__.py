"""Emotion recognition in conversation, as a spaCy component.

`nlp.add_pipe("casn_emotion")` adds it to a pipeline, `make_dialogue` makes its Docs.
"""

from importlib.metadata import version

from .data.dialogue import line_turns, make_dialogue

__all__ = ["__version__", "line_turns", "make_dialogue"]
__version__ = version("spacy-casn")
