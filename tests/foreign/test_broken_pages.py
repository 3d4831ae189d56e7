"""Pages under the site's own title that broke off, or that show a stack in place of a part."""

from __future__ import annotations

import pytest

from playbook.measure.web.web_page import PageRules
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


# As WordPress, Rails, Twig, FreeMarker, DotLiquid, Umbraco, TYPO3, Go's templates and fmt print them.
PARTS = """
WordPress database error: [Table 'wp.wp_posts' doesn't exist]
ActionView::Template::Error (undefined method 'url' for nil)
An exception has been thrown during the rendering of a template ("boom").
Twig\\Error\\RuntimeError: Variable "x" does not exist.
FreeMarker template error (DEBUG mode; use RETHROW in production!): The following has evaluated to null or missing
Error executing template "gallery". System.NullReferenceException: Object reference not set
Error loading Partial View script (file: ~/Views/Partials/Photos.cshtml)
Oops, an error occurred! Code: 202611301150001a2b3c4d
template: gallery.html:12:8: executing "gallery.html" at <.Photo.URL>: nil pointer evaluating *main.Photo.URL
12 of %!d(MISSING) photographs
""".strip().splitlines()


@pytest.mark.parametrize("part", PARTS)
def test_page_with_the_error_of_a_part_is_failing(part: str) -> None:
    """As template engines leave it in an otherwise whole page."""
    text = part.replace("<", "&lt;").replace(">", "&gt;")
    assert (
        verdict(answered(page("Portfolio", f"{HEADING}<p>Ice.</p><p>{text}</p><img src=a>{FILLED}"))) == CRITICAL
    )


# Headings of the error boundaries of React, Next.js and Remix, and what templates leave that nothing fills in.
LEFT_OVER = """
<h2>Something went wrong!</h2><button>Try again</button>
<section><h3>Oops! Something went wrong.</h3><p>Please reload the page.</p></section>
<h2>Application error</h2>
<h2>Failed to load the gallery</h2>
<h4>There was a problem loading the photographs</h4>
<div :class="{large: failed}"><h2>Something went wrong</h2></div>
<p>{{ photo.caption }}</p>
<p>{{ "home.title" | t }}</p>
<h2><%= title %></h2>
<p>&lt;%= photo.title %&gt;</p>
<p>${photo.title}</p>
<p>#{@photo.title}</p>
<p>Hello, [object Object]!</p>
<p>translation missing: en.home.title</p>
<p>@yield('content')</p>
<p>{!! $title !!}</p>
<p><span class="translation_missing" title="Translation missing: en.home.lead">Lead</span></p>
<p>#&lt;ActiveRecord::Relation [#&lt;Print id: 1&gt;]&gt;</p>
<li>Print #&lt;Print:0x00007f8b1c0a2b38&gt;</li>
<p>&lt;coroutine object newest at 0x7f1c2a3b4c5d&gt;</p>
<p>&lt;jinja2.runtime.Undefined object at 0x7f1c2a3b4c5d&gt;</p>
<p>ObjectId('507f1f77bcf86cd799439011')</p>
<p>[object Promise]</p>
<span>€NaN</span>
<span>undefined €</span>
<time>Invalid Date</time>
<template id="B:0"></template><p>Loading</p><script>$RX=function(b,c){};$RX("B:0","2338362467")</script>
""".strip().splitlines()


@pytest.mark.parametrize("part", LEFT_OVER)
def test_page_with_a_part_that_was_not_rendered_is_not_whole(part: str) -> None:
    """In an otherwise whole page. A required text tells what matters."""
    body = page("Portfolio", f"{HEADING}{FILLED * 9}<h2>Prints</h2>{part}<script src=/a.js></script><img src=a>")
    assert verdict(answered(body)) == UNKNOWN
    if "$RX" not in part:  # of which the server itself says that it failed
        assert (
            verdict(answered(body), PageRules("https://portfolio.example", expect="Photographs of the north"))
            == OK
        )


NOT_LEFT_OVER = """
<div class="w-form"><form></form><div class="w-form-fail"><h3>Oops! Something went wrong</h3></div></div>
<div id="blazor-error-ui"><h4>An error has occurred</h4></div>
<dialog><h2>Something went wrong</h2></dialog>
<div class="modal fade"><div><br><h2>Something went wrong</h2></div></div>
<div hidden><h2>Something went wrong</h2></div>
<div style="display: none"><h2>Something went wrong</h2></div>
<div x-show="failed"><h2>Something went wrong</h2></div>
<div :class="{hidden: !failed}"><h2>Something went wrong</h2></div>
<div data-show="$failed"><h2>Something went wrong</h2></div>
<div id=app><p>{{ photo.caption }}</p></div><script>Vue.createApp({}).mount("#app")</script>
<p>{{ photo.caption }}</p><script>new Vue({el: "body"})</script>
<p>{{ photo.caption }}</p><script>Mustache.render(document.body.innerHTML, data)</script>
<h2>Something went wrong with our harbours</h2>
<p>Something went wrong!</p>
<p>Write {{ name }} where the name goes.</p>
<pre>{{ name }}</pre>
<p><code>&lt;%= title %&gt;</code></p>
<div id=app><p v-for="photo in photos">{{ photo.caption }}</p></div>
<div x-data="{}"><p>${photo.title}</p></div>
<li (click)="open()">{{ photo.caption }}</li>
<p>{{ photo.caption }}</p><script src=/js/vue.global.prod.js></script>
<script type="text/x-handlebars"><p>{{ photo.caption }}</p></script>
<template><p>{{ photo.caption }}</p></template>
<div id="photo-template" style="display:none"><p>{{ photo.caption }}</p></div>
<h2>Undefined</h2>
<p>100 %</p>
<p>Invalid Date, a film about calendars</p>
<p>Nan € prints by Nan Goldin</p>
<p>Seats #&lt;4 are sold</p>
<script>$RX("B:0","BAILOUT_TO_CLIENT_SIDE_RENDERING")</script>
""".strip().splitlines()


@pytest.mark.parametrize("part", NOT_LEFT_OVER)
def test_page_with_what_only_resembles_a_part_that_failed_is_ok(part: str) -> None:
    """Hidden messages, places that scripts fill in, and texts about templates."""
    assert verdict(answered(page("Portfolio", f"{HEADING}{FILLED * 9}{part}<img src=a>"))) == OK


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("undefined | Portfolio", UNKNOWN),
        ("Portfolio - [object Object]", UNKNOWN),
        ("Portfolio | null", UNKNOWN),
        ("%s | Portfolio", UNKNOWN),
        ("Home | {0}", UNKNOWN),
        ("$title", UNKNOWN),
        ("translation missing: en.title", UNKNOWN),
        ("It works! Apache httpd", CRITICAL),
        ("Welcome to Angie!", CRITICAL),
        ("Directory: /", CRITICAL),
        ("Undefined - a design studio", OK),
        ("Null Island - photographs", OK),
        ("100% wool", OK),
    ],
)
def test_title_that_nothing_has_filled_in_or_that_is_of_a_server(title: str, expected: str) -> None:
    """Also as a part beside the site's name. Names have a capital."""
    assert verdict(answered(page(title, f"{HEADING}{FILLED * 9}<img src=a>"))) == expected


def test_page_of_a_new_droplet_is_failing() -> None:
    """Of DigitalOcean's images with LAMP, WordPress and the like."""
    text = "Please log into your droplet via SSH to configure your LAMP installation."
    assert verdict(answered(page("Portfolio", f"<h1>{text}</h1><img src=shark>{FILLED}"))) == CRITICAL


@pytest.mark.parametrize(
    "title",
    ["RuntimeError at /", "Phoenix.Router.NoRouteError at GET /", "Oops, an error occurred!", "Matomo › Error"],
)
def test_error_page_of_a_framework_is_failing(title: str) -> None:
    assert verdict(answered(page(title, HEADING + FILLED))) == CRITICAL


@pytest.mark.parametrize(
    "text",
    [
        "Template: a series of twelve prints, 30 x 40",
        "The gallery: an exception, executing an idea at 30 %",
        "Oops, an error occurred to me while printing",
    ],
)
def test_text_that_only_resembles_the_error_of_a_part_is_ok(text: str) -> None:
    assert verdict(answered(page("Portfolio", f"{HEADING}<p>{text}</p><img src=a>{FILLED}"))) == OK


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


# What Vue and AngularJS are given to fill in, and messages that forms of Webflow and Alpine show when they fail.
WHOLE = """
<div id=app v-cloak><h1>{{ title }}</h1><p>{{ user.name }}</p></div><script src=/app.js></script>
<div id=app><p>{{ message }}</p><img v-for="p in photos" :src="p.url"></div>
<div ng-app=gallery><h1>{{vm.title}}</h1><li ng-repeat="p in photos">{{p.title}}</li></div><img src=a>
<h1>Ice</h1><img src=a><div class="w-form-fail"><p>Oops! Something went wrong while submitting the form.</p></div>
<h1>Ice</h1><img src=a><p x-show="failed">An error occurred. Please try again.</p>
<h1>Ice</h1><img src=a><div hidden><p>We're sorry, but something went wrong.</p></div>
""".strip().splitlines()


@pytest.mark.parametrize("body", WHOLE)
def test_page_with_little_text_is_whole_beside_what_is_hidden_or_filled_in(body: str) -> None:
    assert verdict(answered(page("Portfolio", body))) == OK


@pytest.mark.parametrize(
    "body",
    [
        "<div class=dialog><h1>We're sorry, but something went wrong.</h1></div>",  # of Rails, and all of its page
        "<nav>Portfolio</nav><div class=notification><p>We're sorry, but something went wrong.</p></div>",
        "<div hidden><p>We're sorry, but something went wrong.</p></div>",
        "<p>{{ title }}</p>",  # without a script that fills it in
        "<div v-cloak><p>Hello, undefined</p><p>{% extends 'base.html' %}</p></div>",
    ],
)
def test_page_with_nothing_but_an_error_or_an_empty_place_is_failing(body: str) -> None:
    assert verdict(answered(page("Portfolio", f"{body}<script src=/app.js></script>"))) == CRITICAL


QUOTED = """
<li><a href=/posts/7>Traceback (most recent call last): how to read Python's errors</a></li>
<h2><a href=/posts/8>“Application error: a client-side exception has occurred” and what to do</a></h2>
<h2><a href=/posts/9>Warning: Undefined variable $post in /wp-content/single.php on line 12</a></h2>
<p>Our queue said <code>connect ECONNREFUSED 10.0.0.7:6379</code> that night.</p>
<h2>Fatal error: Uncaught TypeError, and how to find it</h2>
""".strip().splitlines()


@pytest.mark.parametrize("part", QUOTED)
def test_error_that_a_page_quotes_is_none_of_its_own(part: str) -> None:
    """In the title of a blog post, which leads to it, or as code."""
    assert verdict(answered(page("Portfolio", f"{HEADING}{FILLED * 3}{part}<img src=a>"))) == OK


def test_error_of_php_in_a_link_is_one() -> None:
    """PHP prints it where the link's text would be."""
    part = "<br><b>Warning</b>: Undefined variable $t in <b>/srv/a.php</b> on line <b>12</b><br>"
    body = f"{HEADING}{FILLED * 3}<a href=/photos/3>{part}</a><img src=a>"
    assert verdict(answered(page("Portfolio", body))) == CRITICAL


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


NEXT_DATA = (
    '<script id="__NEXT_DATA__" type="application/json">{"props":{"pageProps":%s},"page":"%s","query":{}}</script>'
)


@pytest.mark.parametrize(
    ("properties", "route", "expected"),
    [
        ('{"statusCode":500}', "/_error", CRITICAL),
        ("{}", "/404", CRITICAL),
        ("{}", "/500", CRITICAL),
        ("{}", "/", OK),
        ("{}", "/[[...slug]]", OK),
        ('{"pages":[{"page":"/404"}]}', "/", OK),
    ],
)
def test_error_page_of_next_in_the_sites_design_is_failing(properties: str, route: str, expected: str) -> None:
    """As a cache or an export serves it with 200."""
    body = page("Portfolio", f"{HEADING}{FILLED * 9}<img src=a>{NEXT_DATA % (properties, route)}")
    assert verdict(answered(body)) == expected


# What i18n libraries show of a text that nobody has translated: vue-i18n and react-i18next, also with a namespace,
# next-intl, ngx-translate, Laravel, i18n-js, Hugo, Thymeleaf, Java's message tags and i18next.
UNTRANSLATED = """
<h2>home.hero.title</h2>
<h2>common:hero.title</h2>
<p>HomePage.intro.description</p>
<p>HOME.HERO.SUBTITLE</p>
<button>hero.ctaButton</button>
<nav><a href=/>nav.home</a><a href=/about>nav.about</a><a href=/faq>nav.faq</a></nav>
<p>messages.welcome</p><p>messages.newest</p>
<p>MISSING_MESSAGE: Could not resolve `Home.title` in messages for locale `de`.</p>
<p>[missing "de.home.lead" translation]</p>
<p>[i18n] home_lead</p>
<p>t('home.lead')</p>
<p>{t("home.lead")}</p>
<p>$t('home.lead')</p>
<p>__('messages.welcome')</p>
<p>@:home.lead</p>
<p>%home.lead%</p>
<p>{home.lead}</p>
<p>[untranslated: home.lead]</p>
<p>home.photos_count.other</p>
<p>Home.Title</p>
<p>HOME_TITLE</p>
<p>home_subtitle</p>
<nav><a href=/>NAV_HOME</a><a href=/about>NAV_ABOUT</a><a href=/faq>NAV_FAQ</a></nav>
<p>??home.lead_de??</p>
<p>???home.lead???</p>
<p>Missing translation: home.lead</p>
<p>key 'home.lead (de)' returned an object instead of string.</p>
""".strip().splitlines()


@pytest.mark.parametrize("part", UNTRANSLATED)
def test_page_with_keys_in_place_of_its_texts_is_not_whole(part: str) -> None:
    body = page("Portfolio", f"{HEADING}{FILLED * 9}{part}<img src=a>")
    assert verdict(answered(body)) == UNKNOWN
    assert verdict(answered(body), PageRules("https://portfolio.example", expect="Photographs of the north")) == OK


@pytest.mark.parametrize("title", ["home.meta.title", "home.title | Portfolio", "Portfolio – seo:home.title"])
def test_title_that_is_the_key_of_one_is_not_whole(title: str) -> None:
    assert verdict(answered(page(title, f"{HEADING}{FILLED * 9}<img src=a>"))) == UNKNOWN


@pytest.mark.parametrize(
    "part",
    [
        '<h2 data-i18n="home.hero.title">home.hero.title</h2>',  # which a script replaces
        "<h2 translate>HOME.HERO.TITLE</h2>",
        "<p><code>home.hero.title</code></p>",
        "<p>The text of home.hero.title is short.</p>",
        "<p>www.portfolio.example</p><p>shop.portfolio.example</p><p>ada.name</p>",
        "<p>contact.ada@portfolio.example</p>",
        "<a href=/a>home.jpg</a><a href=/b>home.png</a><a href=/c>index.html</a><a href=/c>index.php</a>",
        "<h2>document.title</h2>",
        "<p>snake_case</p><p>home_is_where</p><p>MAX_VALUE</p><p>[sic: home]</p><p>100%pure%</p>",
        "<p>v2.1.0</p><p>Next.js</p><p>Node.js</p><p>a.m.</p><p>e.g.</p>",
        "<p>home.page</p>",
        "<p>portfolio.ada-lind.photography</p><p>gallery.ada.berlin</p>",
        "<li>index.tsx</li><li>index.module.scss</li><li>nav.config.mjs</li><li>messages.properties</li>",
        "<h3>http.IncomingMessage</h3><h3>rfc822.Message</h3><h3>Card.Title</h3><h3>Menu.Button</h3><h3>Menu.Item</h3>",
        "<td>Exif.Image.ImageDescription</td><td>Xmp.dc.title</td><td>Iptc.Application2.Caption</td><td>DC.Title</td>",
        "<p>req.body</p><p>request.body</p>",
        "<p>gallery.de</p><p>gallery.fr</p><p>contact.photos</p><p>contact.studio</p>",
        "<p>Why??</p><p>???</p><p>Missing: translation</p>",
    ],
)
def test_text_that_only_resembles_a_key_is_ok(part: str) -> None:
    assert verdict(answered(page("Portfolio", f"{HEADING}{FILLED * 9}{part}<img src=a>"))) == OK


# Short pages of notes whose newest article is about an error.
QUOTING = [
    "<h1>Error: Cannot find module 'sharp'</h1>",
    "<h1>Fatal error: Allowed memory size exhausted</h1>",
    "<h1>502 Bad Gateway</h1><p>How I found it.</p>",
    "<article><h1>Something went wrong</h1><p>On losing a film in Bergen.</p></article>",
]


@pytest.mark.parametrize("article", QUOTING)
def test_required_text_tells_an_article_about_an_error_from_one(article: str) -> None:
    """It stands outside of title and headings, which an error page may fill with the site's name."""
    body = page("Notes of Ada", f"<nav>Notes of Ada</nav>{article}<footer>Written in Bergen</footer><img src=a>")
    rules = PageRules("https://portfolio.example", expect="Written in Bergen")
    assert verdict(answered(body), rules) == OK
    assert verdict(answered(body)) == CRITICAL
    assert verdict(answered(body), PageRules("https://portfolio.example", expect="Photographs")) == CRITICAL
    error = page("502 Bad Gateway", "<h1>502 Bad Gateway</h1><p>Written in Bergen</p><img src=a>")
    assert verdict(answered(error), rules) == CRITICAL


@pytest.mark.parametrize("article", QUOTING[:3])
def test_heading_that_leads_to_an_article_may_quote_an_error(article: str) -> None:
    linked = article.replace("<h1>", "<h1><a href=/notes/12>").replace("</h1>", "</a></h1>")
    body = page("Notes of Ada", f"<nav>Notes of Ada</nav>{linked}<p>Ice and harbours.</p><img src=a>")
    assert verdict(answered(body)) == OK


# As WordPress leaves them where PHP ends in wp_head or right after it, by an error that is not shown.
ENDED = (
    '<!DOCTYPE html><html lang="en-US"><head><meta charset="UTF-8"><title>Portfolio</title>'
    "<style>img.emoji { display: inline }</style><script>window._wpemojiSettings = {}</script>"
)
BODY = (
    '</head><body class="home blog"><svg style="visibility:hidden"><defs><filter id="duotone"><feColorMatrix/>'
    "</filter></defs></svg><noscript><iframe src=t></iframe></noscript>"
)


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        (ENDED, UNKNOWN),
        (ENDED + BODY, UNKNOWN),
        (ENDED + BODY + "<script>track()</script>", UNKNOWN),
        (ENDED + BODY + "</body></html>", OK),  # filled by a script, as it says itself that it is whole
        (ENDED + "</head><div id=root></div><script src=app.js></script>", OK),
        (ENDED + "<p>Photographs of the north, printed to order.<img src=a>", OK),  # tags that may be left out
        (ENDED + BODY + FILLED + "<img src=a>", OK),
    ],
)
def test_page_that_ends_before_anything_is_seen_is_not_whole(markup: str, expected: str) -> None:
    """Also where its title has the text that is expected."""
    assert verdict(answered(markup)) == expected
    rules = PageRules("https://portfolio.example", expect="Portfolio", least_bytes=64)
    assert verdict(answered(markup), rules) == expected


def test_homepage_on_which_wordpress_has_found_nothing_is_failing() -> None:
    """With status 200, where the table of its posts is gone: the error is in its log alone."""
    nothing = "<p>It seems we can&rsquo;t find what you&rsquo;re looking for. Perhaps searching can help.</p>"
    assert verdict(answered(page("Portfolio", f"<h1>Nothing here</h1>{nothing}<form></form>"))) == CRITICAL


# The heading is that of its own translations.
WITHOUT_DATABASE = """
Fehler beim Aufbau einer Datenbankverbindung
Erreur lors de la connexion à la base de données
Error estableciendo una conexión con la base de datos
Errore nello stabilire una connessione al database
Erro ao estabelecer uma conexão com o Banco de Dados
Fejl ved etablering af databaseforbindelse
Ошибка установки соединения с базой данных
データベース接続確立エラー
建立数据库连接时出错
""".strip().splitlines()


@pytest.mark.parametrize("heading", WITHOUT_DATABASE)
def test_wordpress_without_its_database_is_failing_in_any_language(heading: str) -> None:
    """Also where something on the way has made the status 200."""
    assert verdict(answered(page("Portfolio", f"<h1>{heading}</h1>"))) == CRITICAL


@pytest.mark.parametrize(
    "title",
    [
        *("WordPress › Fehler", "WordPress » Erreur", "WordPress › Erro", "Erro › WordPress", "WordPress›错误"),
        *("WordPress › Błąd", "Datenbankfehler", "Erreur de la base de données", "データベースエラー"),
    ],
)
def test_error_page_of_wordpress_is_known_by_its_title_in_any_language(title: str) -> None:
    """That of a critical error is WordPress' own, whatever the site is called."""
    assert verdict(answered(page(title, "<p>Es gab einen kritischen Fehler auf deiner Website.</p>"))) == CRITICAL


@pytest.mark.parametrize(
    "text",
    [
        "<h1>Sorry! This site is experiencing technical difficulties.</h1><p>(Cannot access the database)</p>",
        "<h1>Whoops!</h1><p>We seem to have hit a snag. Please try again later...</p>",
        "<p>SQL ERROR [ mysqli ]</p><p>An sql error occurred while fetching this page.</p>",
        "<p>mysqli_connect(): (HY000/2002): Connection refused</p>",
        "<p>dial tcp 10.0.0.4:6379: connect: connection refused</p>",
    ],
)
def test_error_that_a_program_has_printed_is_failing(text: str) -> None:
    """MediaWiki, CodeIgniter, phpBB, PHP's and Go's drivers."""
    assert verdict(answered(page("Portfolio", text))) == CRITICAL


def test_page_of_a_plugin_that_something_is_coming_soon_is_failing() -> None:
    """That of SeedProd for WordPress, under the title of the site."""
    heading = "<h1>Get Ready... Something Really Cool Is Coming Soon</h1>"
    assert verdict(answered(page("Portfolio", heading))) == CRITICAL
    assert verdict(answered(page("Portfolio", f"{HEADING}<p>A new book is coming soon.</p><img src=a>"))) == OK
