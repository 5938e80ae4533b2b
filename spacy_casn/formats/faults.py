"""What becomes of that which can't be read, where the rest can."""

from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Literal, NamedTuple, get_args

from ..storage.files import replaced_when_whole
from ..storage.strict_json import dumps

OnError = Literal["stop", "skip", "collect"]


class Problem(NamedTuple):
    """Something that was repaired, and where."""

    place: str
    repair: str


class Faults:
    """Where readers report what they can't read, and what they repaired.

    `stop` raises the first error; `skip` leaves out what has one; `collect` looks for all of
    them, and then raises. What was left out goes, as JSON lines with its error, into a side
    file: `OUT.skipped`. An older side file of that name is removed.

        with Faults("skip", output) as faults:
            for line in file:
                try:
                    ...
                except ValueError as error:
                    faults.add(error, line)

    Args:
        on_error: What an error leads to.
        output: What is written from the rest; None for `stop` alone.

    Raises:
        ValueError: `on_error` is unknown, or there is no output to write a side file beside.
    """

    def __init__(self, on_error: OnError = "stop", output: Path | None = None) -> None:
        check_on_error(on_error, output)
        self.on_error = on_error
        self.path = None if output is None else output.with_name(f"{output.name}.skipped")
        self.count = 0
        self.repairs: list[Problem] = []
        self._file: BinaryIO | None = None
        self._first = ""
        self._open = ExitStack()

    def __enter__(self) -> "Faults":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # What was found stays worth knowing, whatever ended the run.
        self._open.close()
        if kind is None and self._file is None and self.path is not None:
            self.path.unlink(missing_ok=True)

    @property
    def failed(self) -> bool:
        """Whether the run will end with an error, so that only further ones matter."""
        return self.on_error == "collect" and self.count > 0

    def add(self, error: ValueError, content: Any) -> None:
        """Note what can't be read.

        Args:
            error: Why, with the place.
            content: What stands there: whatever JSON can hold.

        Raises:
            ValueError: that error, for `stop`.
        """
        if self.on_error == "stop" or self.path is None:
            raise error
        if self._file is None:
            path = self._open.enter_context(replaced_when_whole(self.path))
            self._file = self._open.enter_context(path.open("wb"))
        self._file.write(f"{dumps({'error': str(error), 'content': content})}\n".encode())
        self._first = self._first or str(error)
        self.count += 1

    def repaired(self, place: str, repair: str) -> None:
        """Note what was repaired, and where."""
        self.repairs.append(Problem(place, repair))

    def check(self) -> None:
        """Raise ValueError, with the first error, if any was collected."""
        if self.failed:
            raise ValueError(
                f"{self.count} {'fault' if self.count == 1 else 'faults'}: see the list in "
                f"'{self.path}'; the first: {self._first}"
            )


def check_on_error(on_error: str, output: Path | None) -> None:
    """Raise ValueError if it is unknown, or has no output to write a side file beside."""
    if on_error not in get_args(OnError):
        raise ValueError(f"`on_error` = {on_error!r}: give one of {', '.join(get_args(OnError))}.")
    if on_error != "stop" and output is None:
        raise ValueError(
            f"`on_error` = {on_error!r} writes what it leaves out beside the output: give a "
            f"file in place of stdout."
        )
