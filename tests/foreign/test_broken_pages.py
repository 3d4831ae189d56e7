"""Pages under the site's own title that broke off, or that show a stack in place of a part."""

from __future__ import annotations

import pytest

from tests.foreign.test_homepage import CRITICAL, FILLED, OK, UNKNOWN, answered, page, verdict

HEADING = "<h1>Photographs of the north</h1>"
# As Express, Next.js, Spring, Micronaut, ASP.NET, Laravel, Rails and net/http print them.
STACKS = """
Error: Failed to lookup view "gallery" at Function.render (/app/node_modules/express/lib/app.js:562:17)
Error: x at async Promise.all (index 0) at async render (file:///srv/app/dist/server.mjs:12:9)
TypeError: Cannot read properties of undefined at Object.<anonymous> (C:\\site\\routes\\index.js:4:11)
Error: connect at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1634:16)
TemplateInputException at org.thymeleaf.engine.TemplateHandler.handle(TemplateHandler.java:71)
java.lang.IllegalStateException at example.Site$Pages.home(Site.kt:40)
System.NullReferenceException at Shop.Pages.Index.OnGet() in /src/Pages/Index.cshtml.cs:line 18
ErrorException in helpers.php #0 /var/www/html/vendor/laravel/framework/src/View.php(12): handleError()
NoMethodError /app/app/views/home/index.html.erb:12:in `block in _app_views_home'
NoMethodError /usr/src/app/lib/photos.rb:7:in 'Photos#newest'
http: panic serving 10.0.0.2:41234 goroutine 42 [running]: net/http.(*conn).serve.func1()
""".strip().splitlines()


@pytest.mark.parametrize("stack", STACKS)
def test_page_with_a_stack_is_failing(stack: str) -> None:
    """Also beside the site's own heading, as templates print the error of one part."""
    text = stack.replace("<anonymous>", "&lt;anonymous&gt;")
    assert (
        verdict(answered(page("Portfolio", f"{HEADING}<p>Ice and harbours.</p><pre>{text}</pre><img src=a>")))
        == CRITICAL
    )


@pytest.mark.parametrize(
    "text",
    [
        "Open daily at Harbour Street 12 (at the bridge: 9:30:00)",
        "Panorama (1920:1080:24), at Bergen (Norway)",
        "#0 /series: the first roll",
        "We meet in /var: the line 18 stops there",
    ],
)
def test_text_that_only_resembles_a_stack_is_ok(text: str) -> None:
    """A place and a time are no file and line."""
    assert verdict(answered(page("Portfolio", f"{HEADING}<p>{text}</p><img src=a>"))) == OK


BEGINNING = f"<!doctype html><html lang=en><head><title>Portfolio</title></head><body>{HEADING}"
CUT = {
    f"{BEGINNING}<main><p>Ice, harbours and peo": UNKNOWN,
    f"{BEGINNING}<div class=grid><img src=a><img sr": UNKNOWN,
    f"{BEGINNING}<ul><li>Bergen<li>Kirkenes": UNKNOWN,
    f"{BEGINNING}<img src=a><script>window.data = {{": UNKNOWN,
    f"{BEGINNING}<table><tr><td>Bergen": UNKNOWN,
    f"{BEGINNING}<main>{FILLED}</main></body></html>": OK,
    f"{BEGINNING}<main>{FILLED}</main>": OK,
    # Minifiers leave out what HTML lets them: https://html.spec.whatwg.org/multipage/syntax.html#optional-tags
    f"<!doctype html><title>Portfolio</title>{HEADING}<ul><li>Bergen<li>Oslo</ul><img src=a><p>Prints, signed": OK,
    f"{BEGINNING}<div>{FILLED}</body></html>": OK,
    f"{BEGINNING}<div>{FILLED}</body></html><!-- 12 ms --><script>": OK,
    f"{BEGINNING}<a href=/>Home<div>{FILLED}</div></body>": OK,
    f"{BEGINNING}<svg><path d='M0 0'/></svg><div/><img src=a><p>Prints, signed and numbered.": OK,
}


@pytest.mark.parametrize(("body", "expected"), CUT.items())
def test_page_that_broke_off_is_not_whole(body: str, expected: str) -> None:
    """Where it ends within an element that only its own tag ends, and has no end itself."""
    assert verdict(answered(body)) == expected
