import shutil
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path

import pytest
import torch
from spacy.language import Language

from spacy_casn.encoders import source as encoder_source
from spacy_casn.packaging import info
from spacy_casn.packaging.info import count_parameters, describe_installation, describe_pipeline


def test_versions_name_what_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "PACKAGES", ("spacy", "no-such-package"))
    versions = describe_installation()["versions"]
    assert versions["spacy"] == version("spacy")
    assert versions["no-such-package"] is None
    assert versions["python"].startswith("3.")


def test_gpus_are_described(monkeypatch: pytest.MonkeyPatch) -> None:
    class Properties:
        name = "Some GPU"
        total_memory = 3 * 2**30

    monkeypatch.setattr(torch.cuda, "device", lambda number: nullcontext())
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda number: Properties)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda **settings: False)
    (gpu,) = describe_installation()["gpus"]
    assert gpu == {"name": "Some GPU", "memory_bytes": 3 * 2**30, "native_bf16": False}


def test_encoders_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(info, "WEIGHTS_PACKAGES", {"tiny": "x", "other": "y"})
    monkeypatch.setattr(encoder_source, "WEIGHTS_PACKAGES", {"tiny": "pytest", "other": "no_such"})
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    blob = tmp_path / "models--some-org--some--name" / "blobs" / "0"
    blob.parent.mkdir(parents=True)
    blob.write_bytes(b"12345")
    (blob.parent / "link").symlink_to(blob)
    found = describe_installation()["encoders"]
    assert found["packages"]["other"] is None
    assert found["packages"]["tiny"] == str(Path(pytest.__file__).parent / "model")
    assert found["hub"] == {
        "folder": str(tmp_path),
        "bytes": 5,
        "models": ["some-org/some--name"],
    }


def test_a_pipeline_is_described(trained: Language, tmp_path: Path) -> None:
    trained.meta["performance"] = {"emotion_acc": 0.5}
    trained.get_pipe("casn_emotion").cfg["temperature"] = 1.5
    trained.to_disk(tmp_path / "pipeline")
    found = describe_pipeline(str(tmp_path / "pipeline"))
    assert found["labels"] == ["anger", "happiness", "no emotion", "surprise"]
    assert (found["neutral_label"], found["temperature"]) == ("no emotion", 1.5)
    assert found["encoder"]["width"] == 24
    assert (found["context"]["attention"], found["context"]["window"]) == ("past", 4)
    assert found["performance"] == {"emotion_acc": 0.5}
    files = [path for path in (tmp_path / "pipeline").rglob("*") if path.is_file()]
    assert found["disk_bytes"] == sum(path.stat().st_size for path in files)
    shutil.rmtree(tmp_path / "pipeline")
    with pytest.raises(ValueError, match="No pipeline"):
        describe_pipeline(str(tmp_path / "pipeline"))


def test_parameters_are_those_of_the_modules(trained: Language) -> None:
    pipe = trained.get_pipe("casn_emotion")
    counts = count_parameters(pipe)
    encoder = pipe.model.get_ref("encoder").attrs["utterance_encoder"].model
    assert counts["encoder"] == sum(weight.numel() for weight in encoder.parameters())
    labels, width = len(pipe.labels), 32
    heads = (width + 1) * labels + (width + 1) * width
    assert counts["rest"] > heads
    in_context = sum(
        weight.numel() for weight in pipe.model.get_ref("context").shims[0]._model.parameters()
    )
    assert counts["rest"] == heads + in_context
