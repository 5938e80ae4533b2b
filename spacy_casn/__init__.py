"""Emotion recognition in conversation, as a spaCy component.

`load` gives a trained pipeline, `nlp.add_pipe("casn_emotion")` adds the component to another,
`make_dialogue` makes their Docs, `DialogueSession` follows a live chat, and `render` shows them.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .data.dialogue import line_turns, make_dialogue
from .pipeline.pretrained import load
from .pipeline.session import DialogueSession

if TYPE_CHECKING:
    from .visualization.render import render

__all__ = ["DialogueSession", "__version__", "line_turns", "load", "make_dialogue", "render"]
__version__ = version("spacy-casn")


def __getattr__(name: str) -> Any:
    """Load `render` when it is first asked for, since most programs don't need it."""
    if name != "render":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from .visualization.render import render

    return render
