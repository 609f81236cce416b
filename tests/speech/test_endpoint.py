"""The contract with a recogniser behind an address, held to a server of our own on 127.0.0.1."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from qc_pipeline.errors import EngineError, SettingsError
from qc_pipeline.settings import SpeechSettings
from qc_pipeline.speech.endpoint import EndpointTranscriber
from qc_pipeline.speech.recognise import engine_fingerprint, load_transcriber
from qc_pipeline.speech.segment import Piece, Span, Window
from tests.speech.builders import RATE, noise

GOOD = {
    "text": "您好",
    "words": [{"word": "您", "start": 0.2, "end": 0.5}, {"word": "好", "start": 0.5, "end": 9.0}],
    "segments": [{"start": 0, "end": 2, "avg_logprob": -0.1, "no_speech_prob": 0.02}],
}
Answer = Callable[[BaseHTTPRequestHandler], None]


def window() -> Window:
    span = Span(0, 0.0, 2.0)
    return Window(0, noise(2), RATE, (Piece(0.0, 0.0, 2.0, span),))


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    return answer


@contextmanager
def service(answer: Answer) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    asked: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append((self.path, body))
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def ask(url: str, **more: object) -> object:
    (heard,) = EndpointTranscriber("m", url, **more).transcribe([window()], hotwords=("征信",))
    return heard


def test_words_come_back_with_times_and_probabilities() -> None:
    with service(sends(json.dumps(GOOD).encode())) as (url, asked):
        heard = ask(url, prompt="电话。")
    assert heard.text == "您好"
    assert [w.start_s for w in heard.words] == [0.2, 0.5]
    assert heard.words[1].end_s == 2.0, "never past the window"
    assert heard.words[0].probability == pytest.approx(0.905, abs=0.001)
    assert heard.no_speech_probability == 0.02
    ((path, body),) = asked
    assert path == "/v1/audio/transcriptions"
    for part in (b"verbose_json", b"RIFF", "电话。征信".encode(), b"timestamp_granularities[]"):
        assert part in body


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (sends(b"<html>"), "JSON"),
        (sends(b"[]"), "text"),
        (sends(b'{"text": "x"}'), "words"),
        (sends(b'{"text": "x", "words": [{"word": "x", "start": NaN, "end": 1}]}'), "时间"),
        (sends(b"out of memory", 500), "500"),
        (sends(b"", 302, Location="http://127.0.0.1:1/"), "拒绝"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(answer: Answer, says: str) -> None:
    with service(answer) as (url, asked), pytest.raises(EngineError, match=says):
        ask(url)
    assert len(asked) == 1


def test_a_service_that_does_not_answer_in_time_is_given_up() -> None:
    with service(lambda _: time.sleep(1)) as (url, _), pytest.raises(EngineError, match="没有应答"):
        ask(url, timeout_s=0.2)


def test_a_service_that_is_down_is_named_with_the_remedy() -> None:
    with service(sends(b"")) as (url, _):
        pass
    with pytest.raises(EngineError, match=r"speech\.endpoint"):
        ask(url)


def test_voices_are_not_sent_outside() -> None:
    with pytest.raises(EngineError, match="endpoint_hosts"):
        ask("http://8.8.8.8:9/v1")


def test_it_is_chosen_by_setting() -> None:
    settings = SpeechSettings(model="some-model", endpoint="http://127.0.0.1:9/v1")
    chosen = load_transcriber(settings)
    assert isinstance(chosen, EndpointTranscriber)
    assert engine_fingerprint(settings) == chosen.fingerprint
    with pytest.raises(SettingsError):
        engine_fingerprint(SpeechSettings(endpoint="ftp://somewhere"))
