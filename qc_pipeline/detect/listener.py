"""Who is on the line: a timeline that starts unknown and is settled by what is said
(POLICY "Who answered, not whom we meant to call"; rulebook 0.4 guards 6, 7 and 9).

The manifest's callee is only whom the collector meant to reach. A positive answer to the
question for a name, or an answer to the identity check, makes the listener that person; what
tells of somebody else makes him a third party; handing the phone over makes him unknown again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from qc_pipeline.detect.context_lexicon import ContextLexicon, Said
from qc_pipeline.detect.dialogue import heard
from qc_pipeline.detect.numbers import spoken_numbers
from qc_pipeline.records import CallContext, ListenerSpan, Role, Utterance

StepKind = Literal[
    "asked", "checked", "relation_asked", "relation_stated", "confirmed", "other", "handed_over",
    "tacit",
]  # fmt: skip
_Question = Literal["name", "opening", "check", "relation", "guarantor"]

_PARTIES: tuple[Role, ...] = ("debtor", "guarantor", "co_borrower", "authorised_agent")
_FEWEST_ID_DIGITS = 3
_BIRTHDAY = re.compile(r"[\d零一二三四五六七八九十]{1,3}月[\d零一二三四五六七八九十]{1,3}")
_HE = "他她它"  # recognition writes any of the three
_ASKED_FOR = "找叫喊接在"


@dataclass(frozen=True, slots=True)
class IdentityStep:
    """One step in finding out who is on the line.

    `role` is what the listener is from here on, None when the step settles nothing. Kinds:
    asked (for a name), checked (ID digits, birthday ...), relation_asked, relation_stated,
    confirmed (is the one meant), other (is somebody else), handed_over, tacit (says "go on"
    without saying who he is).
    """

    utterance: Utterance
    kind: StepKind
    said: Said
    reason: str
    role: Role | None = None


def listener_timeline(
    context: CallContext, utterances: Sequence[Utterance], *, lexicon: ContextLexicon
) -> tuple[ListenerSpan, ...]:
    """To whom the collector talks, from which utterance on; the first span starts at 0."""
    if context.settled_listener is not None:
        return (ListenerSpan(0, context.settled_listener, "随文本给定"),)
    spans = [ListenerSpan(0, "unknown", "通话开始，对方身份未定")]
    for step in identity_steps(context, utterances, lexicon=lexicon):
        if step.role is not None and step.role != spans[-1].role:
            spans.append(ListenerSpan(step.utterance.index, step.role, step.reason))
    return tuple(spans)


def identity_steps(
    context: CallContext, utterances: Sequence[Utterance], *, lexicon: ContextLexicon
) -> tuple[IdentityStep, ...]:
    """Every step, in order of time. Utterances of unknown speakers settle nothing."""
    reader = _Reader(context, lexicon)
    for utterance in heard(utterances):
        if utterance.speaker == "agent":
            reader.hear_agent(utterance)
        elif utterance.speaker == "customer":
            reader.hear_customer(utterance)
    return tuple(reader.steps)


def identity_data(text: str) -> Said | None:
    """What answers an identity check: digits as read, or a day with its month."""
    for number in spoken_numbers(text):
        if number.digits is not None and len(number.digits) >= _FEWEST_ID_DIGITS:
            return Said(number.start, number.end, text[number.start : number.end])
    return next((Said(m.start(), m.end(), m.group()) for m in _BIRTHDAY.finditer(text)), None)


class _Reader:
    """Goes through a call, holding what was asked and who the listener is so far."""

    def __init__(self, context: CallContext, lexicon: ContextLexicon) -> None:
        self.steps: list[IdentityStep] = []
        self._intended = context.call.callee
        self._lexicon = lexicon
        self._role: Role = "unknown"
        self._questions: set[_Question] = set()
        self._agent_spoke_last = False
        self._agent_turns = 0
        self._may_name_himself = False
        self._named_another = False
        self._asked_for_himself = False

    # --- the collector ----------------------------------------------------------------------

    def hear_agent(self, utterance: Utterance) -> None:
        if not self._agent_spoke_last:
            self._agent_spoke_last = True
            self._agent_turns += 1
            self._questions = {"opening"} if self._agent_turns == 1 else set()
            self._may_name_himself = self._may_name_himself or self._agent_turns == 1
        text, find = utterance.text, self._lexicon.first
        if said := find("relation_asked", text):
            self._questions.add("relation")
            self._step(utterance, "relation_asked", said, "坐席询问与欠款人的关系")
        elif said := find("name_asked", text):
            self._questions.add("name")
            self._may_name_himself = True
            self._asked_for_himself = "本人" in said.text
            self._named_another = not set(said.text) & set(_ASKED_FOR)
            self._step(utterance, "asked", said, "坐席询问是否本人")
        if said := find("identity_checked", text):
            self._questions.add("check")
            self._step(utterance, "checked", said, "坐席核对身份信息")
        if said := find("guarantor_asked", text):
            self._questions.add("guarantor")
            self._step(utterance, "checked", said, "坐席核对担保人身份")

    # --- the other side ---------------------------------------------------------------------

    def hear_customer(self, utterance: Utterance) -> None:
        self._agent_spoke_last = False
        answered = (
            self._hands_over(utterance)
            or self._is_guarantor(utterance)
            or self._is_somebody_else(utterance)
            or self._answers_check(utterance)
            or self._answers_relation(utterance)
            or self._is_the_one_meant(utterance)
            or self._answers_for_another(utterance)
        )
        if answered:
            self._questions.clear()

    def _hands_over(self, utterance: Utterance) -> bool:
        said = self._lexicon.first("handed_over", utterance.text)
        if said is None or self._role in _PARTIES:
            return False
        self._may_name_himself = True
        self._named_another = False
        return self._settle(utterance, "handed_over", said, "电话交给他人，身份重新未定", "unknown")

    def _is_guarantor(self, utterance: Utterance) -> bool:
        said = self._lexicon.first("guarantor_self", utterance.text)
        if said is None and "guarantor" in self._questions:
            said = self._yes(utterance)
        elif said and self._intended != "guarantor" and "担保" not in said.text:
            return False
        if said is None:
            return False
        return self._settle(utterance, "confirmed", said, "对方承认是担保人", "guarantor")

    def _is_somebody_else(self, utterance: Utterance) -> bool:
        settled = self._role in _PARTIES
        said = self._lexicon.first("other_person", utterance.text)
        if said is not None:
            of_himself = said.text[0] not in _HE
            kin_may_guarantee = self._intended == "guarantor"
            if of_himself and not kin_may_guarantee:
                self._step(utterance, "relation_stated", said, "对方说明与欠款人的关系")
                return self._settle(utterance, "other", said, "对方称是欠款人的亲友", "third_party")
            if not settled and not kin_may_guarantee:
                return self._settle(utterance, "other", said, "对方称是欠款人的亲友", "third_party")
        said = self._lexicon.first("not_the_person", utterance.text)
        if said is not None and not settled:
            return self._settle(utterance, "other", said, "对方称不是本人", "third_party")
        return False

    def _answers_check(self, utterance: Utterance) -> bool:
        if "check" not in self._questions or self._role == "third_party":
            return False
        said = identity_data(utterance.text)
        reason = "核对身份信息后对方报出"
        if said is None:
            if self._lexicon.says("reply_evades", utterance.text) or self._absent(utterance):
                return False
            said = Said(0, len(utterance.text), utterance.text)
            reason = "核对身份信息后对方作答（内容未听清）"
        return self._settle(utterance, "confirmed", said, reason, self._person_meant())

    def _answers_relation(self, utterance: Utterance) -> bool:
        """Asked "are you his mother", whoever does not deny it counts as a third party."""
        if "relation" not in self._questions or self._role in _PARTIES:
            return False
        if self._lexicon.says("self_confirmed", utterance.text) and "本人" in utterance.text:
            return False
        said = Said(0, len(utterance.text), utterance.text)
        return self._settle(
            utterance, "other", said, "问及与欠款人的关系，对方未否认", "third_party"
        )

    def _is_the_one_meant(self, utterance: Utterance) -> bool:
        if self._role != "unknown" and not self._may_correct(utterance):
            return False
        said = None
        if self._may_name_himself:
            said = self._lexicon.first("self_confirmed", utterance.text)
        if said is None and "name" in self._questions:
            said = self._lexicon.first("answers_yes", utterance.text)
        if said is not None:
            return self._settle(
                utterance, "confirmed", said, "对方确认是本人", self._person_meant()
            )
        if "name" in self._questions and (
            said := self._lexicon.first("says_go_on", utterance.text)
        ):
            self._step(utterance, "tacit", said, "对方没有正面回答是否本人")
        return False

    def _answers_for_another(self, utterance: Utterance) -> bool:
        said = self._absent(utterance)
        if said is None or self._role != "unknown":
            return False
        return self._settle(utterance, "other", said, "对方代他人应答", "third_party")

    # --- small readings ---------------------------------------------------------------------

    def _absent(self, utterance: Utterance) -> Said | None:
        return self._lexicon.first("person_absent", utterance.text)

    def _yes(self, utterance: Utterance) -> Said | None:
        return self._lexicon.first("self_confirmed", utterance.text) or self._lexicon.first(
            "answers_yes", utterance.text
        )

    def _may_correct(self, utterance: Utterance) -> bool:
        """A third party after whom the one meant himself came to the phone unannounced."""
        asked = "name" in self._questions and self._asked_for_himself
        return self._role == "third_party" and (asked or "本人" in utterance.text)

    def _person_meant(self) -> Role:
        if self._intended in _PARTIES:
            return self._intended
        if self._intended == "third_party" and self._named_another:
            return "third_party"
        return "debtor"

    # --- writing down -----------------------------------------------------------------------

    def _settle(
        self, utterance: Utterance, kind: StepKind, said: Said, reason: str, role: Role
    ) -> bool:
        self._role = role
        self._step(utterance, kind, said, reason, role)
        return True

    def _step(
        self,
        utterance: Utterance,
        kind: StepKind,
        said: Said,
        reason: str,
        role: Role | None = None,
    ) -> None:
        self.steps.append(IdentityStep(utterance, kind, said, reason, role))
