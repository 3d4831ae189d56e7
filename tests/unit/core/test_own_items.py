"""Items of a project's own checks: made from names and docstrings, or read from its own catalogue file."""

import pytest

from playbook.core.catalogue import Catalogue, is_own
from playbook.core.own_items import is_made_of_test, item_of_test
from playbook.settings.loading import load
from playbook.settings.own_catalogue import catalogue_of

OWN = """# What we check

### `daily.local.cart.cart-answers` The cart takes orders

- **Holds when** the cart answers.
- **Matters because** nothing is sold without it.
- **When it does not** restart it.
- **Look again** `curl $URL/cart`
"""


def made(doc="", **changes):
    """The item of a test."""
    arguments = {"path": "checks/local/test_cart.py", "name": "test_cart_answers", "parameters": ""}
    return item_of_test(**(arguments | {"doc": doc, "set_name": "daily"} | changes))


@pytest.mark.parametrize(
    "doc",
    [
        "It answers.\n\nWhy: money\nis lost.\nNext: restart it.\nLook again: `curl $URL`",
        "It answers.\n\n*Why*: money is lost.\n\n*Next*: restart\nit.\n\n*Look again*: `curl $URL`",
        "It answers.\n\n**Why:** money is lost.\n**Next:** restart it.\n**Look again:** curl $URL",
        "It answers.\n\nWhy:\n    money is\n    lost.\n\nNext:\n    restart it.\nLook again:\n    curl $URL\n",
    ],
    ids=["plain", "italic", "bold", "indented"],
)
def test_sections_are_read_in_every_notation(doc):
    """On the line or below it, plain or emphasised."""
    item = made(doc)
    assert (item.holds, item.why, item.next_step) == ("It answers.", "money is lost.", "restart it.")
    assert item.look_again == "curl $URL"


def test_commands_below_their_heading_keep_their_lines():
    """Two commands stay two."""
    assert made("Look again:\n    curl $URL\n    doctl apps list").look_again == "curl $URL\ndoctl apps list"


def test_words_within_a_sentence_start_no_section():
    """A later sentence that begins like a section."""
    item = made("It answers: Why: not.\n\nNextcloud: too.\nNext: restart it.")
    assert (item.holds, item.why, item.next_step) == ("It answers: Why: not.", "", "restart it.")


def test_classes_distinguish_tests_of_one_name():
    """By id and title."""
    north = made(classes=["TestNorthShop"], name="test_answers")
    south = made(classes=["TestSouthShop", "TestCart"], name="test_answers", parameters="a")
    assert (north.id, north.title) == ("daily.local.cart.north-shop.answers", "North Shop: answers")
    assert south.id == "daily.local.cart.south-shop.cart.answers.a"
    assert south.title == "South Shop: Cart: answers (a)"


def test_similar_parameters_are_distinguished():
    """The first one keeps its id."""
    first, second = made(parameters="/en"), made(parameters="/en/", ambiguous=True)
    assert first.id == "daily.local.cart.cart-answers.en"
    assert second.id.startswith(f"{first.id}-")
    assert second.id == made(parameters="/en/", ambiguous=True).id


def test_own_items_are_recognised_by_their_ids():
    """Those made from tests by their form, others by their absence from the suite's catalogue."""
    assert is_made_of_test("daily.local.cart.cart-answers")
    assert not is_made_of_test("daily.shop.cart")
    assert is_own("daily.shop.cart")
    assert not is_own("daily.health.api")


# ---------------------------------------------------------------------------------------- a catalogue of one's own


def catalogue(tmp_path, text, name="checks/local/playbook.md", settings=""):
    """The catalogue of a project with this file."""
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    (tmp_path / "playbook.toml").write_text(settings)
    return catalogue_of(load(root=tmp_path, environment={}))


def test_own_catalogue_extends_the_suites(tmp_path):
    """Its texts are complete, and no set requires its items."""
    found = catalogue(tmp_path, OWN)
    item = found.items["daily.local.cart.cart-answers"]
    assert (item.title, item.next_step) == ("The cart takes orders", "Restart it.")
    assert found.unread == {}
    assert found.own == {item.id}
    assert item.id not in found.ids_of("daily")
    assert "daily.health.api" in found.ids_of("daily")


def test_further_catalogue_files_are_named_in_the_settings(tmp_path):
    """Each of them is read; a missing one is a mistake."""
    found = catalogue(tmp_path, OWN, "shop/items.md", '[catalogue]\nown = ["shop/items.md", "shop/more.md"]\n')
    assert "daily.local.cart.cart-answers" in found.items
    assert found.unread == {"shop/more.md": "shop/more.md cannot be read: No such file or directory"}


def test_missing_own_catalogue_is_no_mistake(tmp_path):
    """Where the settings name none."""
    found = catalogue_of(load(root=tmp_path, environment={}))
    assert isinstance(found, Catalogue)
    assert (found.own, found.unread) == (frozenset(), {})


def test_own_catalogue_without_items_is_no_mistake(tmp_path):
    """A heading or an empty file is how one begins."""
    for text in ("", "# What we check\n"):
        assert catalogue(tmp_path, text).unread == {}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (OWN.replace("- **Look again** `curl $URL/cart`\n", ""), ":3: daily.local.cart.cart-answers has no line "),
        (OWN + OWN.partition("\n\n")[2], ":9: daily.local.cart.cart-answers is defined twice"),
        (OWN.replace("`daily.local.cart.cart-answers` ", ""), ":3: expected a heading such as '### `daily.shop."),
        (OWN.replace("daily.local.cart.cart-answers", "cart"), ":3: expected a heading such as '### `daily.shop."),
        (OWN.replace("local.cart.cart-answers", "health.api"), ":3: daily.health.api is in another catalogue"),
        (OWN.encode().replace(b"orders", b"\xe4"), ":3: expected text in UTF-8, got the byte 0xe4"),
    ],
    ids=["missing", "twice", "no-id", "no-set", "the-suites", "no-text"],
)
def test_mistake_in_own_catalogue_is_one_sentence_and_drops_that_file(tmp_path, text, sentence):
    """With file and line; the suite's own items are complete."""
    found = catalogue(tmp_path, text)
    (message,) = found.unread.values()
    assert message.startswith(f"checks/local/playbook.md{sentence}")
    assert "\n" not in message
    assert found.own == frozenset()
    assert "daily.health.api" in found.items
