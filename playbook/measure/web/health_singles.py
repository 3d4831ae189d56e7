"""Single values of a health report: what a word, a number or a boolean under a key states. Pure."""

from __future__ import annotations

from typing import Any

from playbook.measure.web import health_amounts, health_flags, health_keys
from playbook.measure.web import health_words as words
from playbook.measure.web.health_capacity import Full, full_in_words, share_used_up
from playbook.measure.web.health_key_words import words_of
from playbook.measure.web.health_report import Statements
from playbook.measure.web.health_times import tells_of_sign
from playbook.measure.web.health_values import is_empty, number_in, of_circuit, short, under
from playbook.measure.web.health_words import State, state_of

_BOOLEANS = {"true": True, "false": False}
_ON = ("on", "yes", "enabled", "active", "1")


class SingleValues(Statements):
    """Notes what single values state of ``name``; of the service itself where that is empty."""

    def is_told_in_passing(self, name: str, key: str, value: Any) -> bool:
        """Read a key whose value says only that something may be wrong; False for any other key."""
        if health_keys.offers_update(name, key):
            return True
        if isinstance(value, str) and (full := full_in_words(name, key, value)):
            self.used_up(full)
            return True
        if isinstance(value, str) and words.is_off(value) and health_flags.guards(name, key):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")
            return True
        rate = number_in(value) if health_amounts.is_rate(key) else None
        counted = health_keys.counts_errors(key) and not isinstance(value, list)
        if rate is not None:
            percent = isinstance(value, str) and "%" in value
            bad = health_amounts.is_bad_rate(key, rate, percent) and not health_flags.is_circuit(name)
        elif health_keys.waits_for_work(name, key) or health_keys.holds_history(key) or counted:
            bad = not is_empty(value)
        elif share_used_up(name, key, value) or health_amounts.counts_no_workers(name, key, value):
            bad = True
        else:
            return False
        if bad:
            self.unclear.append(f"{under(name, key)} {short(value)!r}")
        return True

    def plain_value(self, name: str, key: str, value: Any) -> None:
        """Read a value under a key that is not a known status key."""
        if isinstance(value, bool):
            self._boolean(name, key, value)
        elif value in (None, "") and health_keys.must_be_told(name, key):
            self.unclear.append(f"{under(name, key)} {'null' if value is None else repr(value)}")
        elif isinstance(value, int | float):
            if value == 1 and health_flags.is_flag(key) and not health_amounts.are_copies(name):
                self._boolean(name, key, True)
            zero = value <= 0 and health_keys.must_not_be_zero(key)
            odd = not name and (zero or health_keys.is_unconnected(key, value))
            if odd or health_amounts.is_odd(key, value):
                self.unclear.append(f"{under(name, key)} {value:g}")
        elif (
            isinstance(value, str) and health_keys.is_flag_in_words(key) and value.strip().casefold() in _BOOLEANS
        ):
            self._boolean(name, key, _BOOLEANS[value.strip().casefold()])
        elif value == "0" and not name and health_keys.must_not_be_zero(key):
            self.unclear.append(f"{key} '0'")
        elif isinstance(value, str) and health_flags.is_flag(key) and value.strip().casefold() in _ON:
            self._boolean(name, key, True)
        elif isinstance(value, str) and (
            (health_keys.asks(key) and state_of(value) is None)
            or (health_keys.is_leader(key) and words.is_nobody(value))
        ):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")
        elif isinstance(value, str) and not health_keys.is_data(key):
            self._string(name, key, value)
        elif isinstance(value, str) and (
            words.tells_of_failure(value)
            or (health_keys.is_finding(key) and words.tells_of_trouble(value))
            or ((health_keys.is_message(key) or health_keys.is_thing(key)) and words.bad_anywhere(value))
            or (health_keys.is_mode(key) and words.is_bad_mode(value))
        ):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")

    def used_up(self, full: Full) -> None:
        """Note a capacity of which nothing is left, or seems to be."""
        if full.sure:
            self.finding(full.what, full.words, State.DEGRADED)
        else:
            self.unclear.append(f"{full.what} {full.words}")

    def status(self, name: str, key: str, value: Any, remark: str) -> None:
        """Read a value under a status key."""
        flag = _BOOLEANS.get(value.strip().casefold()) if isinstance(value, str) else value
        if isinstance(flag, bool) and (bad := health_flags.bad_state(key)):
            self._boolean(name, bad, flag)
        elif isinstance(value, bool):
            self.state(name, str(value).lower(), State.HEALTHY if value else State.UNHEALTHY, remark)
        elif isinstance(value, int | float):
            self._number(name, key, value, remark)
        elif isinstance(value, str) and value.strip():
            if health_keys.is_code(key):
                self._code(name, key, value.strip(), remark)
            else:
                state = of_circuit(key, value) if words_of(key)[-1] == "state" else None
                self.state(name, value.strip(), state if state is not None else state_of(value), remark)
        elif not health_keys.is_code(key):
            self.unclear.append(f"{under(name, key)} {short(value) or 'empty'}")

    def _code(self, name: str, key: str, value: str, remark: str) -> None:
        """Read a code as text: ``"502"``, or ``"DB_DOWN"``."""
        if value.isascii() and value.isdigit():
            self._number(name, key, float(value[:9]), remark)
        elif words.bad_anywhere(value) or words.tells_of_failure(value):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")

    def error_code(self, name: str, key: str, value: Any) -> None:
        """Read the code of an error, where 0 means none; of the whole report it is a status."""
        if not is_empty(value):
            self.unclear.append(f"{under(name, key)} {short(value)}")
        elif not name:
            self.own.append((f"{key} {short(value)}", State.HEALTHY))

    def _number(self, name: str, key: str, value: float, remark: str) -> None:
        if health_keys.is_code(key):
            state = words.of_code(value)
            if state is not None:
                self.state(name, f"{value:g}", state, remark)
        elif name.casefold() == "responseheader":  # Solr: 0 means no error
            self.state(name, f"{value:g}", State.UNHEALTHY if value else State.HEALTHY, remark)
        elif "".join(words_of(key)) == "readystate":  # mongoose: 1 means connected
            self.state(name, f"{value:g}", State.HEALTHY if value == 1 else State.UNHEALTHY, remark)
        elif "".join(words_of(key)) == "mystate":  # MongoDB's replica set: primary, secondary, arbiter
            self.state(name, f"{value:g}", State.HEALTHY if value in (1, 2, 7) else None, remark)
        elif health_flags.good_if_true(key):
            if value in (0, 1):
                self.state(name, f"{value:g}", State.HEALTHY if value else State.UNHEALTHY, remark)
        else:
            self.state(name, f"{value:g}", words.of_code(value), remark)

    def _boolean(self, name: str, key: str, value: bool) -> None:
        """Read a boolean under a key that is no status; ``notReady`` is the contrary of ``ready``."""
        said = under(name, key), "true" if value else "false"
        if denied := health_flags.denied(key):
            key, value = denied, not value
        if health_flags.opens_circuit(name, key):
            if value:
                half = "half" in words_of(key)
                self.finding(*said, State.DEGRADED if half else State.UNHEALTHY)
        elif health_flags.bad_if_true(key):
            # "fatal" beside a dependency tells how bad its failure would be.
            if value and not (name and key.casefold() == "fatal"):
                state = State.DEGRADED if health_flags.only_degraded(key) else State.UNHEALTHY
                self.finding(*said, state)
        elif not value and not health_keys.is_switch(key):
            closed = health_flags.is_open(key) and health_keys.is_needed(name)
            if health_keys.is_needed(key) or health_flags.fails_if_false(key) or closed:
                self.note(*said, State.UNHEALTHY)
            elif not name or health_flags.doubtful_if_false(key):
                self.unclear.append(" ".join(said))
        elif value and (health_flags.only_reads(name, key) or health_flags.is_makeshift(key)):
            self.unclear.append(" ".join(said))
        elif value and health_keys.is_needed(key):
            self.note(*said, State.HEALTHY)

    def _string(self, name: str, key: str, value: str) -> None:
        """Read a word under a key that is no status: failing only where it is unambiguous."""
        needed = not name and (health_keys.is_needed(key) or health_keys.is_answer(name, key))
        if health_amounts.is_part_of(key, value):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")
            return
        state = state_of(value) if needed else words.bad_anywhere(value)
        if health_flags.is_circuit(key) or health_flags.is_circuit(name):
            state = of_circuit("state", value) or state
        if state is not None:
            tell = self.note if needed else self.finding
            tell(under(name, key), value.strip(), state)
        elif tells_of_sign(value):
            return  # how long ago it was is judged with the other times
        elif needed and (words.is_sentence(value) or not words.looks_like_data(value)):
            self.state(key, value.strip(), None)
        elif (
            (words.is_unknown(value) and not (health_keys.is_identity(key) or health_keys.is_identity(name)))
            or (words.is_doubtful(value) and not health_keys.is_switch(key))
            or (health_keys.is_finding(key) and words.tells_of_trouble(value))
        ):
            self.unclear.append(f"{under(name, key)} {short(value)!r}")
