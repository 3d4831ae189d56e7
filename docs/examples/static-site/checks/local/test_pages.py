"""The pages that others link to, and what the site says of one that is not there."""

import pytest


@pytest.mark.daily
@pytest.mark.parametrize("page", ["/", "/assets/site.css"])
def test_page_is_there(page, website):
    """Each page that others link to answers 200.

    Why: a generator leaves out what it cannot read, and the deployment goes well all the same.
    Next: look at the build's log for the page that is named, and roll back to the deployment before.
    Look again: `curl -sI $URL/`
    """
    assert website.get(page).status == 200


@pytest.mark.daily
def test_missing_page_is_said_to_be_missing(website):
    """A page that is not there answers 404, and not with the homepage.

    Why: search engines keep what was taken away for as long as its address answers 200.
    Next: set error_document in the app's spec, and take catchall_document away.
    Look again: `curl -sI $URL/no-such-page`
    """
    assert website.get("/no-such-page").status == 404
