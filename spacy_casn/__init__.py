"""Emotion recognition in conversation, as a spaCy component.

`load` gives a trained pipeline, `nlp.add_pipe("casn_emotion")` adds the component to another,
`make_dialogue` makes their Docs, and `DialogueSession` follows a live chat.
"""

from importlib.metadata import version

from .data.dialogue import line_turns, make_dialogue
from .pretrained import load
from .session import DialogueSession

__all__ = ["DialogueSession", "__version__", "line_turns", "load", "make_dialogue"]
__version__ = version("spacy-casn")
