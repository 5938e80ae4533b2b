"""Weights and labels of a trained component, from which another stage starts."""

from pathlib import Path

from thinc.api import Model

from ..encoders.base import UtteranceEncoder
from ..storage import strict_json
from ..storage.errors import explained_misfit
from ..storage.held_folder import HeldFolder
from ..storage.integrity import check_folder

ENCODER_FOLDER = "encoder"
"""Where, in the component's folder, its sentence encoder lies."""


class WarmStart:
    """What an earlier stage saved of the component of this name.

    Args:
        path: A pipeline directory, such as `training/dailydialog/ce/model-best`.
        name: The component's name.

    Raises:
        ValueError: there is no such pipeline or component, or it was changed since.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self._folder = path / name
        if not (self._folder / "model").is_file() or not (self._folder / "cfg").is_file():
            raise ValueError(
                f"warm_start = '{path}' holds no trained component '{name}': train the first "
                f"stage, or give the directory of its pipeline (such as .../model-best)."
            )
        self._encoder_sums = check_folder(self._folder, later=ENCODER_FOLDER)
        cfg = strict_json.read(self._folder / "cfg")
        self.labels: list[str] = cfg["labels"]
        self.encoder: str | None = cfg.get("encoder")

    def load_weights(self, model: Model, encoder: UtteranceEncoder) -> None:
        """Put the weights into an initialized model.

        Args:
            model: A model of the same architecture.
            encoder: The one that its config names.

        Raises:
            ValueError: the stages differ in architecture, or in the encoder they began with.
        """
        # Word pieces had no fingerprint in versions before.
        if self.encoder is not None and not encoder.is_known_as(self.encoder):
            raise ValueError(
                f"The pipeline '{self.path}' was trained on the vectors of another sentence "
                f"encoder: give both stages the same one."
            )
        remedy = "give both stages the same [components.*.model] settings"
        with explained_misfit(f"The weights of '{self.path}'", remedy):
            model.from_bytes((self._folder / "model").read_bytes())

    def load_encoder(self, encoder: UtteranceEncoder) -> None:
        """Put the earlier stage's weights, which it may have tuned, into the encoder."""
        folder = self._folder / ENCODER_FOLDER
        if folder.is_dir():
            encoder.load(HeldFolder(folder, self._encoder_sums))
            _ = encoder.width  # read it now, so that what is wrong with it is said now
