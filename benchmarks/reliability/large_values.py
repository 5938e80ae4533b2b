"""Read files with values of hundreds of megabytes, and see what that takes of memory.

    python -m benchmarks.reliability.large_values

Each file is read by a process of its own, which leaves out a line or row that is too long. The
most memory that it had is held against what it had before. Writes metrics/large_values.json.
"""

import argparse
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import srsly

from benchmarks.common import machine
from spacy_casn.formats.faults import Faults
from spacy_casn.formats.reading import read_file
from spacy_casn.storage.files import replaced_when_whole

HUGE = 300 * 10**6
ROWS = 40_960


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", type=Path, default=Path("metrics", "large_values.json"))
    args = parser.parse_args()
    files = {}
    for name, (ending, make) in FILES.items():
        with TemporaryDirectory() as folder:
            path = Path(folder, f"file.{ending}")
            in_new_process(make, path)
            size = round(path.stat().st_size / 1e6, 1)
            files[name] = {"mb": size, **in_new_process(read, path)}
    with replaced_when_whole(args.output) as temporary:
        srsly.write_json(temporary, {**machine(), "files": files})


def in_new_process(function: Callable[[Path], Any], path: Path) -> Any:
    """What a function returns, by a process that has nothing else in memory."""
    with ProcessPoolExecutor(1, get_context("fork")) as executor:
        return executor.submit(function, path).result()


def csv_line(path: Path) -> None:
    """Three rows, the second of them huge."""
    with path.open("w", encoding="ascii") as file:
        file.write("dialogue,text\na,You won!\nb,")
        file.writelines("x" * 10**6 for _ in range(HUGE // 10**6))
        file.write("\nc,Really?\n")


def json_line(path: Path) -> None:
    """Three dialogues, the second of them huge."""
    with path.open("w", encoding="ascii") as file:
        file.write('{"turns": [{"text": "You won!"}]}\n{"turns": [{"text": "')
        file.writelines("x" * 10**6 for _ in range(HUGE // 10**6))
        file.write('"}]}\n{"turns": [{"text": "Really?"}]}\n')


def huge_text(path: Path) -> None:
    """A text that can't be packed, in all rows but the first and the last."""
    parquet(path, HUGE, [0, *[1] * (ROWS - 2), 0])


def repeated_text(path: Path) -> None:
    """As `huge_text`, with a text that a row may have."""
    parquet(path, 10**6, [1] * ROWS)


def parquet(path: Path, size: int, which: list[int]) -> None:
    texts = pa.array(["You won!", os.urandom(size // 2).hex()])
    said = pa.DictionaryArray.from_arrays(pa.array(which, pa.int32()), texts)
    table = pa.table({"dialogue": [str(number) for number in range(ROWS)], "text": said})
    pq.write_table(table, path, dictionary_pagesize_limit=2**30)


FILES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "CSV, a line of 300 MB": ("csv", csv_line),
    "JSON lines, a line of 300 MB": ("jsonl", json_line),
    f"Parquet, a text of 300 MB in {ROWS:,} rows": ("parquet", huge_text),
    f"Parquet, a text of 1 MB in {ROWS:,} rows": ("parquet", repeated_text),
}
"""By what each holds: its ending, and what makes it."""


def read(path: Path) -> dict[str, Any]:
    """What became of a file, and the megabytes that reading it took beyond all else."""
    faults = Faults("skip", path.with_suffix(".out"))
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak begins anew
    dialogues, refused = 0, None
    try:
        with faults:
            for _ in read_file(path, faults):
                dialogues += 1
    except ValueError as error:
        refused = str(error).replace(str(path), path.name)
    more = round(status("VmHWM") - before)
    return {"dialogues": dialogues, "left_out": faults.count, "refused": refused, "more_mb": more}


def status(key: str) -> float:
    """Megabytes, by Linux's account of this process."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) * 1024 / 1e6


if __name__ == "__main__":
    main()
