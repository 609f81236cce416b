"""A recogniser behind an address: an OpenAI-compatible `/v1/audio/transcriptions` on the user's own
network.

Customers' voices leave the machine here, so only the configured host is ever spoken to: no
redirect is followed, no proxy used, and a host outside private networks must be named in
`speech.endpoint_hosts`.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import ipaddress
import json
import math
import secrets
import socket
import ssl
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from qc_pipeline.errors import EngineError, SettingsError
from qc_pipeline.speech.segment import Window
from qc_pipeline.speech.transcriber import Recognised, RecognisedWord

_LONGEST_ANSWER = 8 << 20
_UNKNOWN_PROBABILITY = 0.5


@dataclass(frozen=True, slots=True)
class EndpointTranscriber:
    """Sends each window as a 16-bit wav file, asks for words with times, reads them back.

    `url` ends before `/audio/transcriptions`, as in `http://10.0.0.5:8000/v1`.
    """

    name: str
    url: str
    language: str = "zh"
    prompt: str = ""
    timeout_s: float = 120.0
    allowed_hosts: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """See `Transcriber`: the model's name. What the service makes of it can't be seen."""
        return endpoint_fingerprint(self.name)

    def transcribe(
        self, windows: Sequence[Window], *, hotwords: Sequence[str] = ()
    ) -> list[Recognised]:
        """See `Transcriber`. Raises EngineError (service down, too slow, answers rubbish)."""
        prompt = self.prompt + "，".join(hotwords)
        return [self._ask(window, prompt=prompt) for window in windows]

    def transcribe_again(self, windows: Sequence[Window]) -> list[Recognised]:
        """See `Transcriber`: without a prompt to echo."""
        return [self._ask(window, prompt="") for window in windows]

    def _ask(self, window: Window, *, prompt: str) -> Recognised:
        fields = {
            "model": self.name,
            "response_format": "verbose_json",
            "temperature": "0",
            **({"language": self.language} if self.language else {}),
            **({"prompt": prompt} if prompt else {}),
        }
        body, kind = _form(fields, _wav(window))
        return _recognised(self._post(body, kind), window, where=self.url)

    def _post(self, body: bytes, kind: str) -> Any:
        connection, path = self._connection()
        try:
            connection.request("POST", path, body, {"Content-Type": kind})
            response = connection.getresponse()
            answer = response.read(_LONGEST_ANSWER + 1)
        except TimeoutError:
            raise EngineError(
                f"语音识别服务 {self.url} 在 {self.timeout_s:g} 秒内没有应答",
                remedy="检查服务的负载，或提高 speech.endpoint_timeout_s，然后再次扫描",
            ) from None
        except (OSError, http.client.HTTPException) as error:
            raise EngineError(
                f"语音识别服务 {self.url} 无法连接：{error or type(error).__name__}",
                remedy="启动该服务或更正 speech.endpoint，然后再次扫描：已完成的通话不会重做",
            ) from None
        finally:
            connection.close()
        if 300 <= response.status < 400:
            raise EngineError(
                f"语音识别服务 {self.url} 要求转到其他地址，已拒绝",
                remedy="把 speech.endpoint 直接设为最终地址",
            )
        if response.status != 200:
            said = answer[:200].decode("utf-8", "replace")
            raise EngineError(
                f"语音识别服务 {self.url} 返回 {response.status}：{said}",
                remedy="检查服务日志和 speech.model 的名称",
            )
        try:
            if len(answer) > _LONGEST_ANSWER:
                raise ValueError("too long")
            return json.loads(answer)
        except ValueError:
            raise _rubbish(self.url, "不是 JSON") from None

    def _connection(self) -> tuple[http.client.HTTPConnection, str]:
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        port = parts.port or (443 if parts.scheme == "https" else 80)
        self._refuse_strangers(host, port)
        path = parts.path.rstrip("/") + "/audio/transcriptions"
        if parts.scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(
                host, port, timeout=self.timeout_s, context=context
            ), path
        return http.client.HTTPConnection(host, port, timeout=self.timeout_s), path

    def _refuse_strangers(self, host: str, port: int) -> None:
        if host in self.allowed_hosts:
            return
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            raise EngineError(
                f"找不到语音识别服务的主机 {host}：{error.strerror}",
                remedy="更正 speech.endpoint",
            ) from None
        addresses = [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
        if not all(address.is_private or address.is_loopback for address in addresses):
            raise EngineError(
                f"{host} 不在本单位网络内，录音不会发往该处",
                remedy="改用内网服务；确需使用时把主机名写入 speech.endpoint_hosts",
            )


def endpoint_fingerprint(model: str) -> str:
    """16 hex digits for a model known by name only."""
    return hashlib.sha256(f"endpoint:{model}".encode()).hexdigest()[:16]


def check_endpoint(url: str) -> None:
    """Raises SettingsError unless `url` is a plain http or https address without credentials."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise SettingsError(
            f"speech.endpoint 不是可用的地址：{url}", remedy="写成 http://主机:端口/v1"
        )


def _wav(window: Window) -> bytes:
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(window.sample_rate)
        file.writeframes((np.clip(window.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return target.getvalue()


def _form(fields: Mapping[str, str], wav: bytes) -> tuple[bytes, str]:
    boundary = secrets.token_hex(16)
    lines: list[bytes] = []
    for name, value in (
        *fields.items(),
        ("timestamp_granularities[]", "word"),
        ("timestamp_granularities[]", "segment"),
    ):
        lines += [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode(),
            value.encode() + b"\r\n",
        ]
    lines += [
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="window.wav"\r\n'
        "Content-Type: audio/wav\r\n\r\n".encode(),
        wav,
        f"\r\n--{boundary}--\r\n".encode(),
    ]
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"


def _recognised(answer: Any, window: Window, *, where: str) -> Recognised:
    """The answer's words; their probability is the word's own, else that of its segment."""
    try:
        segments = [s for s in answer.get("segments") or [] if isinstance(s, dict)]
        chances = [
            (float(s["start"]), float(s["end"]), math.exp(min(0.0, float(s["avg_logprob"]))))
            for s in segments
            if "avg_logprob" in s
        ]
        words = tuple(
            RecognisedWord(
                text=str(word["word"]),
                start_s=_within(float(word["start"]), window),
                end_s=_within(float(word["end"]), window),
                probability=_probability(word, chances),
            )
            for word in answer.get("words") or []
        )
        logs = [float(s.get("avg_logprob", 0.0)) for s in segments]
        silent = [float(s.get("no_speech_prob", 0.0)) for s in segments]
        text = str(answer["text"])
    except (AttributeError, KeyError, TypeError, ValueError):
        raise _rubbish(where, "缺少 text、words 或其中的时间") from None
    if text.strip() and not words:
        raise _rubbish(where, "没有逐字时间（words）")
    return Recognised(words, min(logs, default=0.0), max(silent, default=0.0))


def _probability(word: Mapping[str, Any], chances: Sequence[tuple[float, float, float]]) -> float:
    if "probability" in word:
        return min(1.0, max(0.0, float(word["probability"])))
    middle = (float(word["start"]) + float(word["end"])) / 2
    found = [chance for start, end, chance in chances if start <= middle <= end]
    return found[0] if found else _UNKNOWN_PROBABILITY


def _within(time_s: float, window: Window) -> float:
    if not math.isfinite(time_s):
        raise ValueError("not a time")
    return min(max(time_s, 0.0), window.duration_s)


def _rubbish(where: str, what: str) -> EngineError:
    return EngineError(
        f"语音识别服务 {where} 的应答无法使用：{what}",
        remedy="该服务须支持 verbose_json 和逐字时间（timestamp_granularities=word）",
    )
