"""Thresholds are chosen to find as much as possible within the share of innocents allowed."""

from __future__ import annotations

import numpy as np
import pytest

from qc_pipeline.learn.corpus import CODES, CorpusLine
from qc_pipeline.learn.operating_point import RuleHits, calibration, choose, truth

pytest.importorskip("sklearn")


def lines() -> list[CorpusLine]:
    made = []
    for number in range(420):
        code = CODES[number % len(CODES)]
        guilty = number % 2 == (number // len(CODES)) % 2
        made.append(
            CorpusLine(
                id=str(number), text="话", callee="debtor", previous="",
                labels=(code,) if guilty else (), near_miss_of=None if guilty else code,
                style="blunt", voice="v",
            )
        )  # fmt: skip
    return made


def odds_for(said: list[CorpusLine], *, noise: float) -> np.ndarray:
    chance = np.random.default_rng(7)
    clean = np.where(truth(said), 2.0, -4.0)
    for row, line in enumerate(said):
        if line.near_miss_of:
            clean[row, CODES.index(line.near_miss_of)] = -1.0
    return clean + chance.normal(0, noise, clean.shape)


def test_a_clear_model_finds_nearly_everything_and_flags_nearly_nobody() -> None:
    said = lines()
    point = choose(
        odds_for(said, noise=0.3),
        RuleHits(tuple({} for _ in said)),
        said,
        most_flagged=0.05,
        most_plain=0.01,
    )
    assert point.found > 0.95
    assert point.flagged <= 0.05
    assert set(point.weights.bands) == set(CODES)
    assert all(band.quarantined <= band.open for band in point.weights.bands.values())


@pytest.mark.parametrize("most_flagged", [0.02, 0.1, 0.3])
def test_the_share_allowed_is_kept(most_flagged: float) -> None:
    said = lines()
    none = RuleHits(tuple({} for _ in said))
    point = choose(
        odds_for(said, noise=2.0), none, said, most_flagged=most_flagged, most_plain=0.01
    )
    assert point.flagged <= most_flagged


def test_more_allowed_never_finds_less() -> None:
    said = lines()
    none = RuleHits(tuple({} for _ in said))
    odds = odds_for(said, noise=2.0)
    found = [
        choose(odds, none, said, most_flagged=share, most_plain=0.01).found
        for share in (0.02, 0.1, 0.3)
    ]
    assert found[0] < found[-1]


def test_good_rules_weigh_more_than_bad_ones() -> None:
    said = lines()
    odds = odds_for(said, noise=2.5)
    good = RuleHits(tuple({line.labels[0]: "open"} if line.labels else {} for line in said))
    bad = RuleHits(tuple({CODES[(number * 5 + 3) % 14]: "phonetic"} for number in range(len(said))))
    assert (
        choose(odds, good, said, most_flagged=0.1, most_plain=0.01).weights.rule_weights["open"] > 1
    )
    assert (
        choose(odds, bad, said, most_flagged=0.1, most_plain=0.01).weights.rule_weights["phonetic"]
        < 1.5
    )


def test_calibration_undoes_scale_and_shift() -> None:
    said = lines()
    chance = np.random.default_rng(3)
    right = truth(said)
    told = 1 / (1 + np.exp(-(odds := chance.normal(-2, 2, right.shape))))
    drawn = chance.random(right.shape) < told
    labelled = [
        CorpusLine(
            id=str(n), text="话", callee="debtor", previous="",
            labels=tuple(c for c, yes in zip(CODES, row, strict=True) if yes), near_miss_of=None,
            style="plain", voice="v",
        )
        for n, row in enumerate(drawn)
    ]  # fmt: skip
    slope, shift = calibration(3 * odds + 1, labelled)
    assert slope == pytest.approx(1 / 3, rel=0.1)
    assert shift == pytest.approx(-1 / 3, abs=0.15)
