"""Emotion recognition in conversation, as a spaCy component.

`nlp.add_pipe("casn_emotion")` adds it to a pipeline, `make_dialogue` makes its Docs, and `render`
shows them.
"""

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from .data.dialogue import line_turns, make_dialogue

if TYPE_CHECKING:
    from .visualization.render import render

__all__ = ["__version__", "line_turns", "make_dialogue", "render"]
__version__ = version("spacy-casn")


def __getattr__(name: str) -> Any:
    """Load `render` when it is first asked for, since most programs don't need it."""
    if name != "render":
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from .visualization.render import render

    return render
