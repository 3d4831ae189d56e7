"""Components of a health report of which it states nothing, beside others of which it does. Pure.

In ``{"status": "ok", "redis": "ok", "thumbnailer": null}`` a key that is no known data stands among components, so
that it is one, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playbook.measure.web import health_flags, health_keys
from playbook.measure.web.health_key_words import LIMITING, word_set, words_of
from playbook.measure.web.health_values import Pairs
from playbook.measure.web.health_words import UNCERTAIN, canonical, looks_like_data, state_of

# Further data of reports that people write themselves.
_DATA = word_set(
    """edition plan tier stage profile stack currency team license licence copyright framework motd banner
    announcement notice greeting hello signature nonce etag request trace correlation span support locale country
    channel track session account tenant visitor company customer brand slogan copy year month day browser node
    nodejs python python3 php ruby java go dotnet process pid memory cpu load counter schedule next until at since
    last first previous latest date time timestamp uptime started deployed updated created checked expires password
    secret username ttl size count total limit interval seconds ms strategy policy format encoding charset
    interface protocol scheme domain origin network subnet bucket dc datacenter rack sponsor source package
    module hint monitoring analytics hosting cms ai llm logger renderer bundler compiler parser builder router orm
    driver adapter template theme"""
)


def unstated(value: Pairs) -> Iterator[tuple[str, Any]]:
    """Keys of the whole report with null, or with a word that nobody knows, where others hold a state."""
    open_keys = [(key, one) for key, one in value if not _is_no_component(key)]
    states = sum(isinstance(one, str) and state_of(one) is not None for _, one in open_keys)
    for key, one in open_keys:
        is_word = isinstance(one, str) and one.strip() and state_of(one) is None and not looks_like_data(one)
        if (one is None and states) or (is_word and states > 1 and canonical(one) not in UNCERTAIN):
            yield key, one


def _is_no_component(key: str) -> bool:
    words = {*words_of(key)}
    return (
        not words
        or bool(words & (_DATA | LIMITING))
        or health_keys.is_status(key)
        or health_keys.is_identity(key)
        or health_keys.is_message(key)
        or health_keys.is_code(key)
        or health_keys.is_mode(key)
        or health_keys.is_switch(key)
        or health_keys.is_container(key)
        or health_keys.is_soft(key)
        or health_keys.holds_switches(key)
        or health_keys.holds_limits(key)
        or health_keys.holds_errors(key)
        or health_keys.holds_warnings(key)
        or health_keys.lists_bad(key)
        or health_flags.bad_if_true(key)
        or health_flags.is_flag(key)
    )
