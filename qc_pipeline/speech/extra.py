"""The speech extra: said plainly when it isn't installed."""

from __future__ import annotations

from importlib.util import find_spec

from qc_pipeline.errors import ModelError

INSTALL = "pip install 'qc-pipeline[asr]'"


def require_asr() -> None:
    """Raises ModelError naming the remedy when speech recognition isn't installed."""
    for name in ("faster_whisper", "ctranslate2", "onnxruntime"):
        if find_spec(name) is None:
            raise ModelError(f"未安装语音识别组件（缺少 {name}）", remedy=INSTALL)
