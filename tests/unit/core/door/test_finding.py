"""Finding many secrets in one pass gives the same result as searching for each."""

import random
import re
import string

import pytest

from playbook.core.door.finding import FEW, Finder
from playbook.core.door.known import Known
from playbook.core.door.masking import MASK, masked


def places(forms, text):
    """Positions of the forms, searched one after another."""
    return {
        (found.start(), found.start() + len(form))
        for form in forms
        for found in re.finditer(f"(?={re.escape(form)})", text)
    }


@pytest.mark.parametrize("letters", ["ab", "ab.*[", string.ascii_letters], ids=["few", "special", "many"])
def test_finder_agrees_with_separate_searches(letters):
    """Including texts that overlap, share a prefix, or contain one another."""
    chance = random.Random(14)
    forms = {"".join(chance.choices(letters, k=chance.randint(4, 9))) for _ in range(4 * FEW)}
    finder = Finder(forms)
    for _ in range(300):
        text = "".join(chance.choices(letters, k=40)) + chance.choice(sorted(forms)) + chance.choice(letters)
        assert set(finder.places(text)) == places(forms, text)
    assert not list(finder.places("0000 0000"))


def test_tokens_of_a_thousand_targets_are_masked():
    """Each of them, in base64 too; other text is unchanged."""
    tokens = [f"dop_v1_{random.Random(number).getrandbits(256):064x}" for number in range(1_000)]
    known = Known(tokens)
    for token in tokens[::97]:
        assert masked(f"sent {token[:-1]}, or {token.upper()}!", known).endswith(f"or {MASK}!")
    assert masked("The cache answers most reads.", known) == "The cache answers most reads."


def test_secret_learned_later_is_masked_in_cached_text():
    """Cached results are only valid for the secrets known then."""
    known = Known(["first-secret"])
    text = "first-secret and second-secret"
    assert masked(text, known) == f"{MASK} and second-secret"
    known.learn(["second-secret"])
    assert masked(text, known) == f"{MASK} and {MASK}"
