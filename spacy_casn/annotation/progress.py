"""How far an annotation has come, on a terminal."""

from types import TracebackType

from tqdm import tqdm


class Progress:
    """A bar on stderr with turns per second and, where the total is known, the time left.

    Nothing is shown unless stderr is a terminal.

    Args:
        total: Bytes to read; None where that isn't known.
        hidden: Show nothing at all.
    """

    def __init__(self, total: int | None, *, hidden: bool = False) -> None:
        known = "{percentage:3.0f}%|{bar}| {postfix} [{elapsed}<{remaining}]"
        form = "{desc}: " + (known if total else "{postfix} [{elapsed}]")
        disable = True if hidden else None  # None: unless stderr is a terminal
        self._bar: tqdm = tqdm(total=total, desc="Annotating", bar_format=form, disable=disable)
        self._turns = 0
        self._finished = 0

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def add(self, turns: int, read: int) -> None:
        """Count some turns more; `read` bytes of the unfinished files have been read until now."""
        self._turns += turns
        if self._bar.disable:
            return
        elapsed = self._bar.format_dict["elapsed"]
        rate = self._turns / elapsed if elapsed else 0.0
        self._bar.set_postfix_str(f"{self._turns:,} turns, {rate:,.0f} turns/s", refresh=False)
        self._bar.update(self._finished + read - self._bar.n)

    def finish(self, size: int, turns: int = 0) -> None:
        """Finish a file of `size` bytes, with `turns` more than were added so far."""
        self._finished += size
        self.add(turns, 0)
