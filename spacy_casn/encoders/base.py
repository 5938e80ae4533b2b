"""What an utterance encoder is, and the thinc layer around it.

An architecture for the config's `[components.casn_emotion.model.encoder]` makes an encoder and
returns `encoder_layer(encoder)`.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, cast

import torch
from thinc.api import Model, Shim, get_torch_default_device
from thinc.types import Ragged

from ..data.types import Dialogues, Vectors
from ..storage.files import TemporaryFolder, write_files
from ..storage.held_folder import HeldFolder

ENCODER = "utterance_encoder"
"""Where a layer keeps its encoder, among its `attrs`."""


class Learning(Protocol):
    """How an encoder learns: what all kinds of them know."""

    @property
    def learn_rate_factor(self) -> float:
        """Its learning rate, as a multiple of the optimizer's."""


class UtteranceEncoder(Protocol):
    """Turns into utterance vectors: subclass it, and give what has no default."""

    name: str
    """What messages call it."""
    tuning: Learning | None = None
    """How it learns; None for a frozen one."""

    @property
    @abstractmethod
    def width(self) -> int:
        """Width of a vector."""

    @abstractmethod
    def encode(self, texts: Sequence[str]) -> Vectors:
        """Return the texts' vectors, (texts, width)."""

    @abstractmethod
    def fingerprint(self) -> str:
        """Return what tells encoders apart that give other vectors."""

    def is_known_as(self, fingerprint: str | None) -> bool:
        """Return whether this fingerprint is, or was in versions before, that of the encoder."""
        return fingerprint == self.fingerprint()

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the encoder as a folder, or nothing where the model's weights hold all of it."""

    @abstractmethod
    def load(self, folder: HeldFolder) -> None:
        """Take what `save` wrote, now or when it is first needed, from `folder.read()`."""

    @property
    def max_length(self) -> int | None:
        """Word pieces after which a text is cut; None for no limit, or an unknown one."""
        return None

    @property
    def parameters(self) -> int:
        """How many weights it has."""
        return 0

    def to(self, device: torch.device) -> None:
        """Compute on this device from now on, if that can be chosen."""
        return

    def encode_corpus(self, texts: Iterable[str], path: Path | None = None) -> None:
        """Encode and keep texts that are needed again, in a file too; by default, keep none."""
        return

    def to_files(self) -> dict[str, bytes]:
        """Return what `save` writes, by each file's path within the folder."""
        with TemporaryDirectory() as folder:
            self.save(Path(folder))
            paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
            return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    def from_files(self, files: dict[str, bytes]) -> None:
        """Load what `to_files` gave."""
        temporary = TemporaryFolder()
        write_files(temporary.path, files)
        self.load(HeldFolder(temporary.path))


def encoder_layer(
    encoder: UtteranceEncoder, shims: Sequence[Shim] = ()
) -> Model[Dialogues, Ragged]:
    """Return the layer around an encoder: one vector a turn.

    Args:
        encoder: What encodes.
        shims: One for an encoder that learns: its `begin_update` takes texts, and returns their
            vectors and what takes the gradient back.
    """
    return Model(
        "utterance_encoder",
        _forward,
        init=init_encoder,
        dims={"nO": None},
        attrs={ENCODER: encoder},
        shims=list(shims),
    )


def encoder_of(model: Model) -> UtteranceEncoder:
    """Return the utterance encoder of a `CasnModel`."""
    return cast(UtteranceEncoder, model.get_ref("encoder").attrs[ENCODER])


def init_encoder(model: Model, X: Any = None, Y: Any = None) -> None:
    """Set the width of an encoder's layer."""
    model.set_dim("nO", model.attrs[ENCODER].width)


def _forward(
    model: Model, dialogues: Dialogues, is_train: bool
) -> tuple[Ragged, Callable[[Ragged], Dialogues]]:
    encoder: UtteranceEncoder = model.attrs[ENCODER]
    encoder.to(get_torch_default_device())
    texts = [text for turns in dialogues for text in turns.texts]
    lengths = model.ops.asarray1i([len(turns) for turns in dialogues])
    learn: Callable | None = None
    if is_train and encoder.tuning is not None:
        vectors, learn = model.shims[0].begin_update(texts)
    else:
        vectors = model.ops.asarray(cast(Any, encoder.encode(texts)))

    def backprop(d_utterances: Ragged) -> Dialogues:
        if learn is not None:
            learn(d_utterances.dataXd)
        return dialogues

    return Ragged(vectors, lengths), backprop
