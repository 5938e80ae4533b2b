"""Notes in the headers of safetensors files.

safetensors writes the entries of a header in an order that changes from one call to the next. A
note is therefore a single entry, so that the same weights are the same bytes.
"""

import json
from collections.abc import Mapping
from typing import Any

_ENTRY = "note"


def to_metadata(note: Mapping[str, Any]) -> dict[str, str]:
    """Return the header's metadata that hold a note."""
    return {_ENTRY: json.dumps(note, sort_keys=True)}


def from_metadata(metadata: Mapping[str, str]) -> dict[str, Any]:
    """Return the note in a header's metadata; empty in files of versions without one."""
    return json.loads(metadata.get(_ENTRY, "{}"))
