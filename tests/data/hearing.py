"""What rules find in written lines, and what of it is left when the lines are spoken and recognised.

`python -m tests.data.hearing [SPLIT ...]` prints the tables of docs/evaluation.md: every line of
the corpus that a synthetic voice spoke at telephone quality and Whisper base recognised, judged by
rules alone: as recognised, and respelled as a scan does it (by an n-gram model counted from the
training voices only); each without and with sound-alike matching.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, cast, get_args

import numpy as np
from rapidfuzz.distance import LCSseq

from qc_pipeline.detect.content import content_of
from qc_pipeline.detect.phonetic import sound_of
from qc_pipeline.detect.rules import RuleSet, load_rules
from qc_pipeline.learn.corpus import CODES, Corpus, CorpusLine, Split, load_corpus
from qc_pipeline.learn.measure import findings_on, wilson
from qc_pipeline.policy import load_policy
from qc_pipeline.policy.load import Policy
from qc_pipeline.settings import load_settings, packaged_dir
from qc_pipeline.speech.respelling import packaged_ngrams, spelled

Reading = Literal["recognised", "recognised, by sound", "respelled", "respelled, by sound"]
Pair = tuple[CorpusLine, CorpusLine]

READINGS: tuple[Reading, ...] = get_args(Reading)
# The corpus keeps no probabilities of single words.
_CERTAINTY = 0.5
# With fewer of its syllables left, what was said is not there to be found.
_ENOUGH_LEFT = 2 / 3


@dataclass(slots=True)
class Heard:
    """Counts by code. `found`: labelled violations that the rules find as written, `kept`: those
    of them that they still find; `lost`: those of whose words too few syllables were recognised
    for any matching. `flagged`: near-misses with any finding, by what they nearly are.
    """

    found: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    kept: dict[Reading, Counter[str]] = field(
        default_factory=lambda: {reading: Counter() for reading in READINGS}
    )
    near_misses: Counter[str] = field(default_factory=Counter)
    flagged_written: Counter[str] = field(default_factory=Counter)
    flagged: dict[Reading, Counter[str]] = field(
        default_factory=lambda: {reading: Counter() for reading in READINGS}
    )


def pairs(corpus: Corpus, splits: Sequence[Split]) -> list[Pair]:
    """Each recognised line after the line that was spoken."""
    written = {line.id: line for split in splits for line in corpus.written[split]}
    heard = (line for split in splits for line in corpus.noisy[split])
    return [(written[line.id.removesuffix("~")], line) for line in heard]


def respelled(line: CorpusLine) -> CorpusLine:
    """The line as a scan would keep it."""
    certain = np.full(len(line.text), _CERTAINTY, np.float32)
    return replace(line, text=spelled(line.text, certain, packaged_ngrams()))


def left_of(words: str, heard: str) -> float:
    """Share of the syllables of `words` that are in `heard`, in order; sounds that are easily
    taken for each other count as one.
    """
    said = sound_of(content_of(words).text)
    return LCSseq.similarity(said, sound_of(content_of(heard).text)) / max(1, len(said))


def hear(lines: Sequence[Pair], *, plain: RuleSet, rules: RuleSet, policy: Policy) -> Heard:
    """Judge each pair. `plain` are the same rules without sound-alike matching."""
    heard = Heard()
    for written, copy in lines:
        said = {
            finding.code: finding for finding in findings_on(written, rules=rules, policy=policy)
        }
        spelt = respelled(copy)
        readings = zip(READINGS, (copy, copy, spelt, spelt), (plain, rules) * 2, strict=True)
        found: dict[Reading, set[str]] = {
            reading: {finding.code for finding in findings_on(line, rules=each, policy=policy)}
            for reading, line, each in readings
        }
        for code in said.keys() & set(written.labels):
            heard.found[code] += 1
            heard.lost[code] += left_of(said[code].matched or "", copy.text) < _ENOUGH_LEFT
            for reading in READINGS:
                heard.kept[reading][code] += code in found[reading]
        if written.near_miss_of is not None:
            heard.near_misses[written.near_miss_of] += 1
            heard.flagged_written[written.near_miss_of] += bool(said)
            for reading in READINGS:
                heard.flagged[reading][written.near_miss_of] += bool(found[reading])
    return heard


def tables(heard: Heard) -> str:
    """Two Markdown tables: violations still found, near-misses flagged; and the ceiling."""
    head = " | ".join(READINGS)
    kept = [f"| code | found as written | {head} |", "|---" * (2 + len(READINGS)) + "|"]
    flagged = [f"| code | near-misses | as written | {head} |", "|---" * (3 + len(READINGS)) + "|"]
    for code in (*CODES, None):
        name = code or "**all**"
        found, near = _count(heard.found, code), _count(heard.near_misses, code)
        shares = (_share(_count(heard.kept[reading], code), found) for reading in READINGS)
        kept.append(f"| {name} | {found} | {' | '.join(shares)} |")
        counts = (heard.flagged_written, *(heard.flagged[reading] for reading in READINGS))
        shares = (_share(_count(counter, code), near) for counter in counts)
        flagged.append(f"| {name} | {near} | {' | '.join(shares)} |")
    total, best = heard.found.total(), heard.kept[READINGS[-1]].total()
    low, high = wilson(best, total)
    return (
        "\n".join(kept) + "\n\n" + "\n".join(flagged) + "\n\n"
        f"Respelled and by sound, 95 %: {low:.1%} to {high:.1%}. Of {_share(heard.lost.total(), total)}"
        " fewer than two thirds of the syllables that the finding rests on were recognised at all.\n"
    )


def _count(counter: Counter[str], code: str | None) -> int:
    return counter.total() if code is None else counter[code]


def _share(part: int, of: int) -> str:
    return f"{part} of {of} ({part / of:.0%})" if of else "–"


def main(splits: Sequence[Split] = ("test",)) -> None:
    """Print the tables."""
    settings = load_settings()
    policy = load_policy(settings.policy_dir)
    rules = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy)
    plain = load_rules(settings.lexicon_dir, taxonomy=policy.taxonomy, sound_alike=False)
    corpus = load_corpus(packaged_dir("models") / "corpus")
    print(tables(hear(pairs(corpus, splits), plain=plain, rules=rules, policy=policy)))


if __name__ == "__main__":
    main(cast(Sequence[Split], sys.argv[1:]) or ("test",))
