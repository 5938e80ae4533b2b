import json
from pathlib import Path

import pytest

from spacy_casn.formats.faults import Faults


def test_the_first_error_stops(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="line 3"), Faults("stop", tmp_path / "out") as faults:
        faults.add(ValueError("line 3"), "text")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("on_error", ["skip", "collect"])
def test_what_is_left_out_is_listed(tmp_path: Path, on_error: str) -> None:
    with Faults(on_error, tmp_path / "out.csv") as faults:  # type: ignore[arg-type]
        faults.add(ValueError("line 3"), {"a": "\ud800"})
        assert not (tmp_path / "out.csv.skipped").exists()
        faults.add(ValueError("line 5"), None)
    assert faults.count == 2
    rows = (tmp_path / "out.csv.skipped").read_text(encoding="utf-8").splitlines()
    assert [json.loads(row) for row in rows] == [
        {"error": "line 3", "content": {"a": "\ud800"}},
        {"error": "line 5", "content": None},
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv.skipped"]
    if on_error == "skip":
        faults.check()
    else:
        with pytest.raises(ValueError, match=r"2 faults: .*out\.csv\.skipped'; the first: line 3"):
            faults.check()


def test_the_list_is_kept_when_the_run_fails_later(tmp_path: Path) -> None:
    def run() -> None:
        with Faults("skip", tmp_path / "out") as faults:
            faults.add(ValueError("line 3"), "text")
            raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        run()
    assert (tmp_path / "out.skipped").exists()


def test_an_old_list_goes_when_a_run_has_no_faults(tmp_path: Path) -> None:
    (tmp_path / "out.skipped").write_text("old", encoding="utf-8")
    with pytest.raises(OSError, match="disk"), Faults("skip", tmp_path / "out"):
        raise OSError("disk")
    assert (tmp_path / "out.skipped").exists()
    with Faults("stop", tmp_path / "out"):
        pass
    assert not (tmp_path / "out.skipped").exists()


def test_wrong_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="`on_error` = 'go': give one of stop, skip, collect"):
        Faults("go", tmp_path / "out")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"`on_error` = 'skip' writes .* in place of stdout"):
        Faults("skip")
