"""Saves a component and loads it: settings, weights, the sentence encoder, the index of turns."""

import hashlib
import json
import math
import shutil
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import srsly
from spacy import util
from spacy.vocab import Vocab
from thinc.api import Model

from ..data.types import Dialogues, TurnOutput
from ..encoders.base import encoder_of
from ..storage import strict_json
from ..storage.errors import explained_misfit
from ..storage.files import replaced_when_whole
from ..storage.held_folder import HeldFolder
from ..storage.integrity import FORMAT, check_folder, check_sum, make_note, read_note, seal
from .similar_turns import TurnIndex
from .warm_start import ENCODER_FOLDER

INDEX_FILE = "index"
"""Where, in the component's folder, its index of turns lies."""
_AGAIN = "get the pipeline again, or train it anew"
_CONTENT = "content"
_REMEDY = "set [components.*.model] back to what they were trained with, or train anew"


class Saving:
    """What a component is saved and loaded by.

    Args:
        name: The component's name.
        vocab: The pipeline's vocabulary.
        model: The component's model.
        cfg: Its settings; loading changes them in place.
    """

    def __init__(
        self, name: str, vocab: Vocab, model: Model[Dialogues, TurnOutput], cfg: dict[str, Any]
    ) -> None:
        self.name = name
        self.vocab = vocab
        self.model = model
        self.cfg = cfg

    def to_disk(self, path: Path, index: TurnIndex | None, exclude: Iterable[str]) -> None:
        """Save all but what is excluded; see `CasnEmotion.to_disk`."""
        self.cfg["format"] = FORMAT
        writers: dict[str, Callable[[Path], Any]] = {
            "cfg": self._write_cfg,
            "vocab": partial(self.vocab.to_disk, exclude=exclude),
            "model": self.model.to_disk,
        }
        if self.model.has_dim("nO"):
            writers[ENCODER_FOLDER] = encoder_of(self.model).save
        if index is not None:
            writers[INDEX_FILE] = partial(Path.write_bytes, data=index.to_bytes())
        with replaced_when_whole(path) as folder:
            util.to_disk(folder, writers, exclude)
            seal(folder)

    def save_cfg(self, path: Path) -> None:
        """Save the settings alone; see `CasnEmotion.save_cfg`."""
        self.cfg["format"] = FORMAT
        with replaced_when_whole(path) as folder:
            shutil.copytree(path, folder)
            self._write_cfg(folder / "cfg")
            seal(folder)

    def from_disk(self, folder: Path, exclude: Iterable[str]) -> TurnIndex | None:
        """Load what `to_disk` saved, and return the index of turns, if there is one.

        Raises:
            ValueError: see `CasnEmotion.from_disk`.
        """
        encoder_sums = check_folder(folder, later=ENCODER_FOLDER)
        readers: dict[str, Callable[[Path], Any]] = {
            "cfg": self._read_cfg,
            "vocab": partial(self.vocab.from_disk, exclude=exclude),
            "model": self._read_weights,
        }
        util.from_disk(folder, readers, exclude)
        self._check_settings(str(folder), exclude)
        encoder, index = folder / ENCODER_FOLDER, folder / INDEX_FILE
        if encoder.is_dir():
            encoder_of(self.model).load(HeldFolder(encoder, encoder_sums))
        if index.is_file() and INDEX_FILE not in exclude:
            return TurnIndex.from_bytes(index.read_bytes())
        return None

    def to_bytes(self, index: TurnIndex | None, exclude: Iterable[str]) -> bytes:
        """Return all but what is excluded."""
        writers: dict[str, Callable[[], bytes]] = {
            "cfg": self._settings,
            "vocab": partial(self.vocab.to_bytes, exclude=exclude),
            "model": self.model.to_bytes,
        }
        saves_encoder = self.model.has_dim("nO") and ENCODER_FOLDER not in exclude
        parts = {
            "pipe": util.to_bytes(writers, exclude),
            ENCODER_FOLDER: encoder_of(self.model).to_files() if saves_encoder else {},
            INDEX_FILE: None if index is None or INDEX_FILE in exclude else index.to_bytes(),
        }
        content = srsly.msgpack_dumps(parts)
        note = make_note({_CONTENT: hashlib.sha256(content).hexdigest()})
        return srsly.msgpack_dumps({**note, _CONTENT: content})

    def from_bytes(self, data: bytes, exclude: Iterable[str]) -> TurnIndex | None:
        """Load what `to_bytes` gave, and return the index of turns, if there is one.

        Raises:
            ValueError: see `CasnEmotion.from_disk`.
        """
        place = f"the bytes of {self.name}"
        message = srsly.msgpack_loads(data)
        if "format" in message:
            sums = read_note(message, message.keys() & {_CONTENT}, place)
            found = hashlib.sha256(message[_CONTENT]).hexdigest()
            check_sum(found, sums[_CONTENT], _CONTENT, place)
            message = srsly.msgpack_loads(message[_CONTENT])
        readers: dict[str, Callable[[bytes], Any]] = {
            "cfg": self._take_cfg,
            "vocab": partial(self.vocab.from_bytes, exclude=exclude),
            "model": partial(self._take_weights, place=place),
        }
        util.from_bytes(message["pipe"], readers, exclude)
        self._check_settings(place, exclude)
        if message[ENCODER_FOLDER]:
            encoder_of(self.model).from_files(message[ENCODER_FOLDER])
        if message.get(INDEX_FILE) is not None and INDEX_FILE not in exclude:
            return TurnIndex.from_bytes(message[INDEX_FILE])
        return None

    def _write_cfg(self, path: Path) -> None:
        path.write_bytes(self._settings())

    def _settings(self) -> bytes:
        try:
            return json.dumps(self.cfg, indent=2, allow_nan=False).encode()
        except ValueError as error:
            raise ValueError(
                f"The settings of '{self.name}' hold a value that is no finite number, which can't "
                f"be saved: correct it, or calibrate the pipeline anew."
            ) from error

    def _read_cfg(self, path: Path) -> None:
        if path.is_file():
            try:
                self._take_cfg(path.read_bytes())
            except ValueError as error:
                raise ValueError(f"'{path}' can't be read as JSON ({error}): {_AGAIN}.") from error

    def _take_cfg(self, data: bytes) -> None:
        self.cfg.update(strict_json.loads(data))

    def _read_weights(self, path: Path) -> None:
        self._take_weights(path.read_bytes(), place=f"'{path.parent}'")

    def _take_weights(self, data: bytes, *, place: str) -> None:
        with explained_misfit(f"The weights in {place}", _REMEDY):
            self.model.from_bytes(data)

    def _check_settings(self, place: str, exclude: Iterable[str]) -> None:
        learned = self.cfg.get("learned") or {}
        for owner in (self.cfg, learned):
            temperature = owner.get("temperature", 1.0)
            if not isinstance(temperature, int | float) or not 0 < temperature < math.inf:
                raise ValueError(
                    f"'{place}' has the temperature {temperature}, which must be a finite number "
                    f"above 0: calibrate the pipeline anew, or get it again."
                )
        with np.errstate(over="ignore"):
            prototypes = np.array(learned.get("prototypes", []), dtype=np.float32)
        if not np.isfinite(prototypes).all():
            raise ValueError(
                f"'{place}' has learned labels with a value that is no finite number: get the "
                f"pipeline again, or learn them anew."
            )
        labels = self.cfg["labels"]
        known = "cfg" not in exclude and self.model.has_dim("nO")
        if known and self.model.get_dim("nO") != len(labels):
            raise ValueError(
                f"'{place}' has weights for {self.model.get_dim('nO')} labels, but its cfg names "
                f"{labels}: get the pipeline again, or train it anew."
            )
