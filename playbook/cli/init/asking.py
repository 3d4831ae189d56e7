"""Questions on a terminal. Enter accepts the value in brackets, or leaves a question open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from playbook.cli.init.answers import Answers, require_address, require_queue, require_target
from playbook.core.errors import UsageError
from playbook.settings.sections.parts import PARTS

Ask = Callable[[str], str]
Say = Callable[[str], None]

_YES, _NO, _OPEN = ("y", "yes"), ("n", "no"), ("", "?")


def ask_everything(answers: Answers, ask: Ask, say: Say, look_up: Callable[[Answers], Answers]) -> Answers:
    """Ask for all parts of the product; an invalid answer is explained and asked again.

    Args:
        look_up: adds DigitalOcean's data about the app to the answers.

    Raises:
        UsageError: the input ends, or DigitalOcean does not know the app.
    """
    answers = replace(answers, target=_until_right(ask, say, "Name of the target", answers.target, require_target))
    app_id = _line(ask, "Id of its app on DigitalOcean App Platform, if it has one (doctl apps list): ")
    if app_id:
        answers = look_up(replace(answers, app_id=app_id))
        say(f"{answers.app}: {answers.known[0]}")
    url = _until_right(ask, say, "Address of its website", answers.url, require_address)
    answers = replace(answers, url=url)
    say("Does the product have … (y: yes, n: no, Enter: not known yet)")
    for name, part in PARTS.items():
        if name not in answers.parts | answers.absent:
            there = _yes_or_no(ask, say, f"  {name}: {part.what}? ")
            if there:
                answers = replace(answers, parts=answers.parts | {name})
            elif there is False:
                answers = replace(answers, without=(*answers.without, name))
    if "queue" in answers.parts:
        question = (
            "Which library keeps the queue, and what is it called, such as celery:celery? (Enter: not known yet)"
        )
        queue = _until_right(ask, say, question, "", lambda text: text and ":".join(require_queue(text)))
        answers = replace(answers, queues=(require_queue(queue),) if queue else ())
    if "prometheus" in answers.parts:
        selector = _line(
            ask, 'Which series in Prometheus are its own, such as job="shop"? (Enter: not known yet) '
        )
        answers = replace(answers, selector=selector)
    return answers


def _until_right(ask: Ask, say: Say, question: str, usual: str, right: Callable[[str], str]) -> str:
    while True:
        answer = _line(ask, f"{question}{f' [{usual}]' if usual else ''}: ") or usual
        try:
            return right(answer)
        except UsageError as error:
            say(str(error))


def _yes_or_no(ask: Ask, say: Say, question: str) -> bool | None:
    while True:
        answer = _line(ask, question).lower()
        if answer in (*_YES, *_NO, *_OPEN):
            return None if answer in _OPEN else answer in _YES
        say(f"init: expected y, n or Enter, got {answer!r}")


def _line(ask: Ask, question: str) -> str:
    try:
        return ask(question).strip()
    except EOFError:
        raise UsageError("init: the answers ended before the last question; nothing was written") from None
