"""Which channel is the collector? By the channel map, else by what is said and how much.

A doubtful answer is no answer: then every speaker stays `unknown`, and what is found waits
for a human.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import yaml

from qc_pipeline.records import Speaker
from qc_pipeline.speech.hallucination import squeezed
from qc_pipeline.speech.heard import Heard
from qc_pipeline.speech.sounds import sounding

ROLE_CUES = Path(__file__).with_name("role_cues.yaml")

_FEW_PRONOUNS = 2  # so that one 你 in a short call decides nothing

ChannelMap = Literal["agent,customer", "customer,agent", "mono"]
RoleSource = Literal["channel_map", "content", "voices", "contradicted", "single", "none"]


@dataclass(frozen=True, slots=True)
class Roles:
    """Who speaks on which channel; `confidence` 0..1 is 1.0 for a channel map."""

    speaker_of: Mapping[int, Speaker]
    source: RoleSource
    confidence: float


def roles_of(heard: Sequence[Heard], *, channels: int, channel_map: ChannelMap | None) -> Roles:
    """Speakers by channel number. One channel holds both sides: nobody is told apart there.

    A channel map is believed unless what is said speaks clearly for the opposite: then nobody is
    named, for the collector's words would be held against the customer.
    """
    nobody: dict[int, Speaker] = dict.fromkeys(range(channels), "unknown")
    if channels == 1:
        return Roles(nobody, "single", 0.0)
    if channels > 2:
        return Roles(nobody, "none", 0.0)
    probability = agent_probability(heard, channel=0)
    if channel_map in ("agent,customer", "customer,agent"):
        agent = 0 if channel_map == "agent,customer" else 1
        against = 1 - probability if agent == 0 else probability
        if against >= _cues().map_doubted_from:
            return Roles(nobody, "contradicted", against)
        return Roles({agent: "agent", 1 - agent: "customer"}, "channel_map", 1.0)
    confidence = max(probability, 1 - probability)
    if confidence < _cues().sure_from:
        return Roles(nobody, "none", confidence)
    agent = 0 if probability > 0.5 else 1
    return Roles({agent: "agent", 1 - agent: "customer"}, "content", confidence)


def roles_of_voices(heard: Sequence[Heard], *, confidence: float) -> Roles:
    """Speakers by voice (0, 1) on one channel, told apart with `confidence` (0..1).

    Where that, or who is who, is doubtful, nobody is named.
    """
    cues = _cues()
    nobody: dict[int, Speaker] = {0: "unknown", 1: "unknown"}
    if confidence < cues.voices_sure_from:
        return Roles(nobody, "single", 0.0)
    probability = agent_probability(heard, channel=0)
    sure = max(probability, 1 - probability)
    if sure < cues.sure_from:
        return Roles(nobody, "single", sure)
    agent = 0 if probability > 0.5 else 1
    return Roles({agent: "agent", 1 - agent: "customer"}, "voices", sure)


def agent_probability(heard: Sequence[Heard], *, channel: int) -> float:
    """How likely the collector is on `channel` of two, by content and share of talk; 0..1."""
    cues = _cues()
    own = [item for item in heard if item.turn.channel == channel]
    other = [item for item in heard if item.turn.channel != channel]
    evidence = _evidence(own, cues) - _evidence(other, cues)
    spoken = [max(1.0, sum(item.turn.speech_s for item in side)) for side in (own, other)]
    evidence += cues.talk_weight * math.log(spoken[0] / spoken[1])
    evidence += cues.pronoun_weight * (_about_you(own) - _about_you(other))
    return 1 / (1 + math.exp(-evidence / cues.evidence_scale))


@dataclass(frozen=True, slots=True)
class _Cues:
    agent: tuple[tuple[re.Pattern[str], float], ...]
    customer: tuple[tuple[re.Pattern[str], float], ...]
    sure_from: float
    voices_sure_from: float
    map_doubted_from: float
    talk_weight: float
    pronoun_weight: float
    evidence_scale: float


def _evidence(heard: Sequence[Heard], cues: _Cues) -> float:
    """How much speaks for these being the collector's turns, less what speaks against it."""
    texts = [sounding(squeezed(item.text)) for item in heard]

    def weight_of(side: tuple[tuple[re.Pattern[str], float], ...]) -> float:
        return sum(weight for cue, weight in side if any(cue.search(text) for text in texts))

    return weight_of(cues.agent) - weight_of(cues.customer)


def _about_you(heard: Sequence[Heard]) -> float:
    """Collectors talk about the listener, customers about themselves: ln(you / I)."""
    text = "".join(item.text for item in heard)
    you, own = (len(re.findall(words, text)) for words in ("[你您]", "[我俺咱]"))
    return math.log((you + _FEW_PRONOUNS) / (own + _FEW_PRONOUNS))


@lru_cache(maxsize=1)
def _cues() -> _Cues:
    raw = yaml.safe_load(ROLE_CUES.read_text("utf-8"))
    agent, customer = (
        tuple((re.compile(sounding(entry["cue"])), float(entry["weight"])) for entry in raw[side])
        for side in ("agent", "customer")
    )
    return _Cues(
        agent, customer, float(raw["sure_from"]), float(raw["voices_sure_from"]),
        float(raw["map_doubted_from"]),
        float(raw["talk_weight"]), float(raw["pronoun_weight"]), float(raw["evidence_scale"]),
    )  # fmt: skip
