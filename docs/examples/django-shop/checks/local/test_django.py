"""What Django itself may show to everybody, and what must not be kept by caches."""

import pytest


@pytest.mark.daily
def test_debug_pages_are_off(website):
    """A page that is not there is not explained by Django's debug page.

    Why: with DEBUG every error page shows settings, paths and queries to visitors.
    Next: set DEBUG to False in the component's variables, and deploy.
    Look again: `curl -s $URL/no-such-page/ | grep -c DEBUG`
    """
    answer = website.get("/no-such-page/")
    assert answer.status == 404
    assert "DEBUG = True" not in answer.text


@pytest.mark.weekly
@pytest.mark.parametrize("path", ["/admin/", "/.env", "/__debug__/"])
def test_nothing_internal_is_public(path, website):
    """Neither the admin's login nor files of the project are there for everybody.

    Why: who finds the login tries passwords, and who finds .env needs none.
    Next: let the admin in by the team's network alone, and take the file out of what is served.
    Look again: `curl -sI $URL/admin/`
    """
    assert website.get(path).status in (403, 404)
