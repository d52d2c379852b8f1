"""The answer in a sentence or two, and what to do next."""

from __future__ import annotations

import math

from oracles.judging.judgement import Judgement
from oracles.learning.answer import Answer, Examined
from oracles.learning.telling.steps import of_step
from oracles.learning.telling.trainings import recorded_until, taken_away
from oracles.reporting.wording import count


def headline(answer: Answer) -> list[str]:
    """Which of code and settings keeps it from learning, as sentences, a line each."""
    return [*_answer(answer), *_rate(answer), *_wrong_data(answer)]


def next_steps(answer: Answer) -> list[str]:
    """What helps to find out more, where the answer leaves something open."""
    judgements = [one.judgement for one in answer.examined]
    hidden = any(one.judged < len(one.entries) for one in judgements)
    lockstep = (
        f"python -m oracles lockstep {answer.case} --implementation ... holds both trainings to "
        "rounding, step by step, on the samples of the case."
    )
    if answer.verdict == "undecided" and not _declines(answer):
        record = (
            "Record more of what yours computes (docs/implementations.md): what is not recorded is "
            "not judged."
        )
        return [record, lockstep] if hidden else [lockstep]
    if answer.verdict == "both learn" and answer.parted_at is not None:
        return [lockstep]
    if answer.verdict == "your settings" and not any(one.prevents for one in answer.findings):
        return [
            "No check found what keeps PyTorch from learning. Train longer (--steps, --epochs), "
            "and with other rates (--lr), ten times larger and smaller."
        ]
    return []


def _answer(answer: Answer) -> list[str]:
    if answer.verdict == "your settings":
        return [f"Your settings: {_settings(answer)}", *_code_is_right(answer)]
    if answer.verdict == "your code and your settings":
        settings = _settings(answer).replace("with them", "with these settings", 1)
        return [f"Your code, and your settings. {_code(answer)}", f"And {settings}"]
    if answer.verdict == "your code" and not answer.code_is_wrong:
        return [
            f"Your code: all its gradients are {answer.lr_factor:.6g} times the right ones. With "
            "the rate that this comes to PyTorch does not learn; with that of the case it does."
        ]
    if answer.verdict == "your code":
        also = "; yours does as well, in spite of that" if _theirs(answer) else ""
        return [f"Your code: {_code(answer)}", f"With these settings PyTorch learns{also}."]
    if answer.verdict == "both learn":
        return [f"Both learn: {_how_much(answer)}.{_part(answer)}"]
    if answer.verdict == "the settings learn":
        return [
            "PyTorch learns with these settings; give --implementation to have yours trained "
            "beside it."
        ]
    return [f"Undecided: PyTorch learns with these settings. {_undecided(answer)}"]


def _rate(answer: Answer) -> list[str]:
    """What was made of gradients that are a constant times the right ones."""
    if answer.lr_factor == 1.0 or (answer.verdict == "your code" and not answer.code_is_wrong):
        return []
    return [
        f"All gradients of yours are {answer.lr_factor:.6g} times the right ones. That is another "
        "learning rate and no mistake, and PyTorch was trained with it."
    ]


def _wrong_data(answer: Answer) -> list[str]:
    """Data that belong to something else, which a network may learn in spite of."""
    return [
        f"But {one.title} ({one.finding})."
        for one in answer.findings
        if one.finding == "settings.labels_shifted" and not one.prevents
    ]


def _settings(answer: Answer) -> str:
    either = ""
    if answer.theirs is not None:
        either = ", and yours does" if _theirs(answer) else " either"
    found = [one for one in answer.findings if one.prevents]
    found.sort(key=lambda one: one.symptom)
    why = f": {found[0].title} ({found[0].finding})" if found else ""
    more = f", and {count(len(found) - 1, 'more finding')} below" if len(found) > 1 else ""
    return f"PyTorch does not learn with them{either}{why}{more}.{_though(answer)}"


def _though(answer: Answer) -> str:
    """What speaks for a training whose loss is no better than that of a constant."""
    look = answer.oracle.trained_on
    if look is None or not answer.baseline.mostly_right(look):
        return ""
    return (
        f" It gets {100 * look.accuracy:.0f} % of the labels right, and is so sure of the others "
        "that its loss is no better than that of a constant."
    )


def _code_is_right(answer: Answer) -> list[str]:
    if not answer.examined:
        return []
    judged = sum(one.judgement.judged for one in answer.examined)
    if not judged:
        return [f"Nothing of {answer.implementation} could be judged."]
    return [f"Everything that was judged of {answer.implementation} is right."]


def _code(answer: Answer) -> str:
    for one in answer.examined:
        if one.judgement.outcome == "diverged":
            return _first_wrong(one.judgement)
    for one in answer.examined:
        if one.judgement.outcome in ("error", "timeout"):
            return f"{_sentence(one.judgement.message)} {_when(one)}"
    theirs = answer.theirs
    assert theirs is not None
    return f"it broke off, {recorded_until(theirs)}: {_sentence(theirs.message)}"


def _first_wrong(judgement: Judgement) -> str:
    first = judgement.first_divergence
    if first is None:
        return _sentence(judgement.message)
    return f"{first.entry} is wrong first{_cause(judgement, first.entry)}."


def _cause(judgement: Judgement, entry: str) -> str:
    """What gives these numbers, or, where nobody knows that, how they look."""
    if judgement.diagnosis is None:
        return ""
    causes, looks = judgement.diagnosis.causes, judgement.diagnosis.descriptions
    if not causes:
        return next((f": {one.text}" for one in looks if one.entry == entry), "")
    more = f" and {count(len(causes) - 1, 'more cause')}" if len(causes) > 1 else ""
    return f", {causes[0].cause} ({causes[0].certainty}){more}"


def _when(one: Examined) -> str:
    return f"That was when steps {one.steps[0]} to {one.steps[-1]} were run by themselves."


def _undecided(answer: Answer) -> str:
    if _declines(answer):
        return f"{answer.implementation} cannot be trained: {_sentence(_reason(answer))}"
    if not any(one.judgement.judged for one in answer.examined):
        return "Nothing of yours could be judged."
    if answer.theirs is not None and answer.theirs.timed_out:
        return (
            "Every step of yours that was judged is right, and its time was over before the last "
            "one: --timeout gives it more, --steps fewer."
        )
    if math.isnan(answer.theirs_learned):
        theirs = answer.theirs
        if theirs is not None and theirs.not_finite:
            return (
                "Every step that was judged is right, and yet the numbers of yours are not finite "
                f"{of_step(theirs.not_finite)}."
            )
        return (
            "Every step of yours that was judged is right. Whether it learns cannot be told: it "
            "records no outputs of the steps in eval mode at the end."
        )
    return "Every step that was judged is right, and yet yours does not learn."


def _how_much(answer: Answer) -> str:
    yours = f"yours {taken_away(answer.theirs_learned)}"
    if math.isnan(answer.theirs_learned):
        yours = "and the losses of yours are the same"
    return (
        f"PyTorch takes away {taken_away(answer.learned)} of the loss of the best constant "
        f"prediction, {yours}"
    )


def _part(answer: Answer) -> str:
    if answer.parted_at is None:
        return ""
    return f" But their losses part after step {answer.parted_at}, by more than rounding."


def _declines(answer: Answer) -> bool:
    return any(one.judgement.outcome == "unsupported" for one in answer.examined)


def _reason(answer: Answer) -> str:
    return next(o.judgement.message for o in answer.examined if o.judgement.message)


def _theirs(answer: Answer) -> bool:
    return answer.theirs_learns


def _sentence(text: str) -> str:
    line = (text.strip().splitlines() or ["no reason is given"])[0].rstrip(" :")
    return line if line.endswith(".") else f"{line}."
