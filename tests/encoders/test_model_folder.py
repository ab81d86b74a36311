import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dupfind.encoders.model_folder import ModelFolder
from dupfind.encoders.safetensors_file import SafetensorsFile
from dupfind.errors import ModelError
from tests.support.tiny_models import HIDDEN, bert_tensors, change, put, write_model, write_safetensors


def test_a_fingerprint_is_of_the_content_and_not_of_the_place(tmp_path: Path) -> None:
    one, other = (
        ModelFolder(write_model(tmp_path / "one")),
        ModelFolder(write_model(tmp_path / "x" / "other"), "name"),
    )
    (other.path / "README.md").write_text("other words")
    (other.path / "optimizer.pt").write_bytes(b"not ours")
    assert one.fingerprint == other.fingerprint
    assert (one.name, other.name) == ("one", "name")


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"layer_norm_eps": 1e-6}),
        ("sentence_bert_config.json", {"max_seq_length": 16}),
        ("1_Pooling/config.json", {"pooling_mode_cls_token": True}),
        ("tokenizer.json", {"version": "1.1"}),
    ],
)
def test_a_fingerprint_changes_with_each_file_that_decides_a_vector(
    tmp_path: Path, file: str, changes: dict[str, object]
) -> None:
    before = ModelFolder(write_model(tmp_path / "model")).fingerprint
    change(tmp_path / "model" / file, **changes)
    assert ModelFolder(tmp_path / "model").fingerprint != before


def test_a_fingerprint_changes_with_the_weights_and_with_the_default_prompt_alone(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    before = ModelFolder(path).fingerprint
    put(
        path / "config_sentence_transformers.json",
        {"__version__": {"pytorch": "9"}, "prompts": {"query": "q: "}},
    )
    assert ModelFolder(path).fingerprint == before
    change(path / "config_sentence_transformers.json", default_prompt_name="query")
    prompted = ModelFolder(path).fingerprint
    write_safetensors(path / "model.safetensors", bert_tensors(seed=1))
    assert len({before, prompted, ModelFolder(path).fingerprint}) == 3


def test_a_copy_holds_only_the_model_s_files(tmp_path: Path) -> None:
    model = ModelFolder(write_model(tmp_path / "model"))
    copy = model.copy_to(tmp_path / "index" / "copy")
    assert copy.fingerprint == model.fingerprint
    assert copy.name == "model"
    assert sorted(p.relative_to(copy.path).as_posix() for p in copy.path.rglob("*") if p.is_file()) == list(
        model.files
    )
    assert "README.md" not in model.files
    assert sum((model.path / file).stat().st_size for file in model.files) == model.size


def test_an_existing_copy_is_reused_and_another_model_in_its_place_is_refused(tmp_path: Path) -> None:
    model = ModelFolder(write_model(tmp_path / "model"))
    model.copy_to(tmp_path / "copy")
    assert model.copy_to(tmp_path / "copy").fingerprint == model.fingerprint
    other = ModelFolder(write_model(tmp_path / "other", seed=1))
    with pytest.raises(ModelError, match=r"model\.safetensors has changed"):
        other.copy_to(tmp_path / "copy")


def test_a_copy_that_breaks_off_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = ModelFolder(write_model(tmp_path / "model"))
    copied: list[object] = []

    def fail(source: Path, target: Path) -> None:
        copied.append(target)
        if len(copied) == 3:
            raise OSError(28, "No space left on device")
        Path(target).write_bytes(Path(source).read_bytes())

    monkeypatch.setattr(shutil, "copyfile", fail)
    with pytest.raises(OSError, match="No space left"):
        model.copy_to(tmp_path / "index" / "copy")
    assert list((tmp_path / "index").iterdir()) == []


def test_verify_names_the_file_that_changed(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    manifest = dict(ModelFolder(path).manifest)
    ModelFolder(path).verify(manifest)
    change(path / "config.json", layer_norm_eps=1e-6)
    with pytest.raises(ModelError, match=r"config\.json has changed"):
        ModelFolder(path).verify(manifest)


def test_threads_that_hash_at_once_share_one_manifest(tmp_path: Path) -> None:
    model = ModelFolder(write_model(tmp_path / "model"))
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: model.manifest, range(2))
    assert first is second
    assert model.fingerprint == ModelFolder(model.path).fingerprint


@pytest.mark.parametrize(
    "file", ["modules.json", "config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"]
)
def test_a_model_of_which_a_file_is_missing_is_refused_by_that_name(tmp_path: Path, file: str) -> None:
    path = write_model(tmp_path / "model")
    (path / file).unlink()
    with pytest.raises(ModelError, match=file.replace(".", r"\.")):
        ModelFolder(path)


@pytest.mark.parametrize("n_bytes", [0, 4, 100, 5_000, -1])
def test_half_downloaded_weights_are_refused(tmp_path: Path, n_bytes: int) -> None:
    path = write_model(tmp_path / "model")
    whole = (path / "model.safetensors").read_bytes()
    (path / "model.safetensors").write_bytes(whole[:n_bytes])
    with pytest.raises(ModelError, match="damaged or half downloaded"):
        ModelFolder(path)


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00\xff", "null"])
def test_a_settings_file_that_is_no_json_object_is_refused(tmp_path: Path, content: str) -> None:
    path = write_model(tmp_path / "model")
    (path / "config.json").write_text(content)
    with pytest.raises(ModelError, match=r"config\.json"):
        ModelFolder(path)


def test_a_model_with_pickled_weights_alone_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    (path / "model.safetensors").rename(path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle"):
        ModelFolder(path)


def test_a_model_with_a_pickled_dense_module_is_refused(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    modules = json.loads((path / "modules.json").read_text())
    modules.append({"idx": 3, "name": "3", "path": "3_Dense", "type": "sentence_transformers.models.Dense"})
    put(path / "modules.json", modules)
    (path / "3_Dense").mkdir()
    put(path / "3_Dense" / "config.json", {"in_features": HIDDEN, "out_features": 4})
    (path / "3_Dense" / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelError, match="pickle"):
        ModelFolder(path)
    write_safetensors(
        path / "3_Dense" / "model.safetensors", {"linear.weight": np.ones((4, HIDDEN), np.float32)}
    )
    assert "3_Dense/model.safetensors" in ModelFolder(path).files
    put(path / "3_Dense" / "config.json", {"activation_function": "os.system"})
    with pytest.raises(ModelError, match=r"os\.system"):
        ModelFolder(path)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("my_code.Evil", "code of its own"),
        ("os.system", "code of its own"),
        ("sentence_transformers.models.Transformer; import os", "code of its own"),
        ("sentence_transformersX.models.Pooling", "code of its own"),
        ("", "code of its own"),
        ("sentence_transformers.models.WordEmbeddings", "WordEmbeddings module"),
    ],
)
def test_a_module_that_is_code_is_refused(tmp_path: Path, kind: str, message: str) -> None:
    path = write_model(tmp_path / "model")
    modules = json.loads((path / "modules.json").read_text())
    modules[2]["type"] = kind
    put(path / "modules.json", modules)
    with pytest.raises(ModelError, match=message):
        ModelFolder(path)


@pytest.mark.parametrize(
    "outside",
    ["..", "../other", "/etc", "1_Pooling/../../x", "~/x", "a\\..\\b", "C:/x", "x\x00", "//host/share"],
)
def test_a_module_outside_the_folder_is_refused(tmp_path: Path, outside: str) -> None:
    path = write_model(tmp_path / "model")
    modules = json.loads((path / "modules.json").read_text())
    modules[1]["path"] = outside
    put(path / "modules.json", modules)
    with pytest.raises(ModelError, match="outside itself"):
        ModelFolder(path)


@pytest.mark.parametrize(
    ("file", "changes"),
    [
        ("config.json", {"auto_map": {"AutoModel": "someone/else--modeling.Evil"}}),
        ("config.json", {"auto_map": {"AutoModel": "../modeling.Evil"}}),
        ("tokenizer_config.json", {"vocab_file": "/etc/passwd"}),
        ("tokenizer_config.json", {"vocab_file": "../../secret.txt"}),
        ("sentence_bert_config.json", {"model_args": {"trust_remote_code": True}}),
    ],
)
def test_settings_that_reach_for_code_or_files_elsewhere_are_refused(
    tmp_path: Path, file: str, changes: dict[str, object]
) -> None:
    path = write_model(tmp_path / "model")
    change(path / file, **changes)
    with pytest.raises(ModelError, match=r"outside itself|elsewhere|code of its own"):
        ModelFolder(path)


def test_the_stale_cache_path_of_an_old_model_does_no_harm(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    change(path / "tokenizer_config.json", special_tokens_map_file="/root/.cache/x", tokenizer_file=None)
    ModelFolder(path)


@pytest.mark.parametrize("shards", [["../other.safetensors"], ["/etc/x.safetensors"], ["weights.bin"], []])
def test_a_shard_outside_the_folder_is_refused(tmp_path: Path, shards: list[str]) -> None:
    path = write_model(tmp_path / "model")
    (path / "model.safetensors").unlink()
    put(
        path / "model.safetensors.index.json",
        {"weight_map": {f"t{i}": name for i, name in enumerate(shards)}},
    )
    with pytest.raises(ModelError, match="shards"):
        ModelFolder(path)


def test_shards_together_hold_the_tensors_of_one_file(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model")
    (path / "model.safetensors").unlink()
    tensors = bert_tensors()
    halves = [dict(list(tensors.items())[::2]), dict(list(tensors.items())[1::2])]
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    for name, half in zip(names, halves, strict=True):
        write_safetensors(path / name, half)
    put(
        path / "model.safetensors.index.json",
        {"weight_map": {tensor: name for name, half in zip(names, halves, strict=True) for tensor in half}},
    )
    tensors_file = SafetensorsFile(ModelFolder(path).weights)
    assert all((tensors_file.get(name) == values).all() for name, values in tensors.items())


@pytest.mark.parametrize(("dtype", "error"), [("F32", 0), ("F16", 1e-3), ("BF16", 2**-7)])
def test_half_floats_are_widened(tmp_path: Path, dtype: str, error: float) -> None:
    values = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    write_safetensors(tmp_path / "x.safetensors", {"a": values}, dtype)
    tensor = SafetensorsFile([tmp_path / "x.safetensors"]).get("a", (3, 5))
    assert tensor.dtype == np.float32
    assert np.abs(tensor - values).max() <= error * np.abs(values).max()


def test_a_tensor_of_another_shape_or_type_is_refused(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "x.safetensors", {"a": np.ones((2, 2))}, "F64")
    with pytest.raises(ModelError, match="F64"):
        SafetensorsFile([tmp_path / "x.safetensors"]).get("a")
    write_safetensors(tmp_path / "x.safetensors", {"a": np.ones((2, 2))})
    with pytest.raises(ModelError, match="do not match"):
        SafetensorsFile([tmp_path / "x.safetensors"]).get("a", (4,))
    with pytest.raises(ModelError, match="lack b"):
        SafetensorsFile([tmp_path / "x.safetensors"]).get("b")


def test_the_mapped_weights_are_never_written_to(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "x.safetensors", {"a": np.ones(4, np.float32)})
    before = (tmp_path / "x.safetensors").read_bytes()
    SafetensorsFile([tmp_path / "x.safetensors"]).get("a")[:] = 7
    assert (tmp_path / "x.safetensors").read_bytes() == before


def test_the_window_is_the_settings_then_the_tokenizers_and_never_past_the_positions(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model", max_length=24)
    assert ModelFolder(path).layout.max_length == 24
    put(path / "sentence_bert_config.json", {"transformer_task": "feature-extraction"})
    change(path / "tokenizer_config.json", model_max_length=20)
    assert ModelFolder(path).layout.max_length == 20
    change(path / "tokenizer_config.json", model_max_length=int(1e30))
    assert ModelFolder(path).layout.max_length == 32


def test_old_and_new_ways_to_name_the_pooling_are_read(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model", pooling="cls")
    assert ModelFolder(path).layout.pooling == "cls"
    put(path / "1_Pooling" / "config.json", {"embedding_dimension": HIDDEN, "pooling_mode": "max"})
    assert ModelFolder(path).layout.pooling == "max"
