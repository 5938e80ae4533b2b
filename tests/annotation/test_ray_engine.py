import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from spacy_casn.annotation.ray_engine import Share, share_out
from spacy_casn.annotation.run import annotate
from spacy_casn.formats.records import Columns

from ..conftest import ROOT
from .ray_nodes import AS_OTHERS, RayNodes, can_be_made

COLUMNS = ["--dialogue-column", "call", "--text-column", "said"]


@pytest.mark.parametrize(
    ("nodes", "shards", "workers", "share"),
    [
        ([(8, 0)], 100, None, Share(8, 1)),
        ([(8, 0)], 100, 3, Share(3, 2)),
        ([(8, 0)], 2, None, Share(2, 4)),
        ([(8, 0), (8, 0)], 100, 1, Share(1, 8)),
        ([(8, 0), (8, 0)], 100, 3, Share(3, 4)),
        ([(8, 0), (2, 0)], 100, 4, Share(4, 2)),
        ([(16, 2)], 100, None, Share(2, 8, 1)),
        ([(16, 2)], 100, 4, Share(4, 4, 2)),
        ([(16, 0), (4, 1)], 100, None, Share(1, 4, 1)),
        ([(2, 8)], 100, None, Share(2, 1, 1)),
    ],
)
def test_workers_share_the_cores_and_gpus(
    nodes: list[tuple[int, int]], shards: int, workers: int | None, share: Share
) -> None:
    assert share_out(nodes, shards, workers) == share


@pytest.mark.parametrize("workers", [0, 9])
def test_workers_without_a_core_are_refused(workers: int) -> None:
    with pytest.raises(ValueError, match=f"`workers` = {workers}: give 1 to 8, the cores"):
        share_out([(8, 0)], 100, workers)
    with pytest.raises(ValueError, match="no core to work on"):
        share_out([(0, 1)], 100)


def test_a_missing_ray_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    (tmp_path / "in.jsonl").touch()
    with pytest.raises(ValueError, match=r"needs the package ray: `pip install spacy-casn\[ray\]`"):
        annotate("model", str(tmp_path / "in.jsonl"), str(tmp_path / "out/"), engine="ray")


def ray(*args: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spacy", "casn", "annotate", *map(str, args)]
    return subprocess.run(
        [*command, "--engine", "ray"],
        env={**os.environ, **AS_OTHERS},
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )


@pytest.mark.slow
def test_json_lines_are_what_the_local_engine_says(model: str, tmp_path: Path) -> None:
    source = tmp_path / "in"
    source.mkdir()
    for name in ("a", "b", "c"):
        turns = [{"text": "Hello there."}, {"text": ""}, {"text": "You won!", "speaker": name}]
        lines = [json.dumps({"id": f"{name}{number}", "turns": turns}) for number in range(5)]
        (source / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    annotate(model, str(source), str(tmp_path / "local"))
    (source / "bad.jsonl").write_text("no", encoding="utf-8")
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "c.jsonl").write_text("finished", encoding="utf-8")
    result = ray(model, source, tmp_path / "ray")
    assert result.returncode == 1
    assert "1 of 3 files failed: " in " ".join(result.stderr.split())
    names = sorted(path.name for path in (tmp_path / "ray").iterdir())
    assert names == ["a.jsonl", "b.jsonl", "c.jsonl"]
    assert (tmp_path / "ray" / "c.jsonl").read_text(encoding="utf-8") == "finished"
    for name in names[:2]:
        local, other = (
            [*map(json.loads, (tmp_path / folder / name).read_text(encoding="utf-8").splitlines())]
            for folder in ("local", "ray")
        )
        for before, after in zip(local, other, strict=True):
            for turn, again in zip(before["turns"], after["turns"], strict=True):
                assert again.pop("scores") == pytest.approx(turn.pop("scores"), abs=1e-5)
            assert after == before


@pytest.mark.slow
def test_parquet_shards_are_what_the_local_engine_says(model: str, tmp_path: Path) -> None:
    table = {"call": [1, 1, 2], "said": ["Hello there.", "You won!", None]}
    (tmp_path / "in").mkdir()
    for name in "ab":
        pq.write_table(pa.table(table), tmp_path / "in" / f"{name}.parquet")
    annotate(model, str(tmp_path / "in"), str(tmp_path / "local"), columns=Columns("call", "said"))
    result = ray(model, tmp_path / "in", tmp_path / "ray", "--workers", 1, *COLUMNS)
    assert result.returncode == 0, result.stderr
    assert "Annotated 6 turns of 4 dialogues" in " ".join(result.stdout.split())
    for name in ("a.parquet", "b.parquet"):
        local = pq.read_table(tmp_path / "local" / name)
        other = pq.read_table(tmp_path / "ray" / name)
        assert other.schema == local.schema
        for before, after in zip(local.to_pylist(), other.to_pylist(), strict=True):
            assert after == {
                key: pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
                for key, value in before.items()
            }


@pytest.mark.slow
def test_a_node_is_lost_and_one_comes_and_every_shard_is_there_once(
    model: str, tmp_path: Path
) -> None:
    if not can_be_made():
        pytest.skip("network namespaces can't be made here")
    source = tmp_path / "in"
    source.mkdir()
    for shard in range(12):
        lines = [
            json.dumps({"turns": [{"text": f"You won {shard}!"}, {"text": f"Hello {number}."}] * 2})
            for number in range(400)
        ]
        (source / f"{shard:02}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    annotate(model, str(source), str(tmp_path / "local"))
    output = tmp_path / "ray"
    output.mkdir()

    def wait_for(finished: int, process: subprocess.Popen[str]) -> int:
        while (now := len([*output.glob("*.jsonl")])) < finished:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        return now

    casn = [sys.executable, "-m", "spacy", "casn", "annotate", model, str(source), str(output)]
    with RayNodes() as nodes:
        nodes.start(2)
        nodes.start(3)
        with subprocess.Popen(
            nodes.command(1, *casn, "--engine", "ray"),
            env=nodes.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            wait_for(1, process)
            nodes.kill(3)
            nodes.signal(2, "ray::ShardWorker", signal.SIGSTOP)
            finished = wait_for(0, process)
            assert finished < 11
            nodes.start(4)
            wait_for(finished + 1, process)  # nobody else is at work
            nodes.signal(2, "ray::ShardWorker", signal.SIGCONT)
            printed, errors = process.communicate()
            assert process.returncode == 0, errors
    assert "Annotated 19200 turns of 4800 dialogues" in " ".join(printed.split())
    local, other = (
        {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}
        for folder in (tmp_path / "local", output)
    )
    assert other == local


def test_the_manifest_for_kubernetes_is_sound() -> None:
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```yaml\n(.*?)```", page, flags=re.DOTALL)
    manifest = yaml.safe_load(block)
    assert (manifest["apiVersion"], manifest["kind"]) == ("ray.io/v1", "RayCluster")
    spec = manifest["spec"]
    assert spec["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}
    assert f"rayproject/ray:{spec['rayVersion']}-py" in page
    (group,) = spec["workerGroupSpecs"]
    assert 0 < group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
    (head,), (worker,) = (
        each["template"]["spec"]["containers"] for each in (spec["headGroupSpec"], group)
    )
    assert head["image"] == worker["image"]
    assert {each["name"] for each in worker["env"]} >= {"RAY_AUTH_MODE", "RAY_AUTH_TOKEN"}
    assert head["env"] == worker["env"]
