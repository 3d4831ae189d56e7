"""More pages served in a homepage's place, by their titles and the words of short pages, in many languages."""

from __future__ import annotations

import html

import pytest

from playbook.measure.web.homepage import HomepageTiming, Sample
from playbook.measure.web.web_page import PageRules, fault_of
from tests.foreign.test_homepage import CRITICAL, FILLED, OK, RULES, UNKNOWN, answered, page, verdict

TITLES = [
    "Domain Not Found",
    "Zero size object",
    "Invalid URL",
    "Sucuri WebSite Firewall - Backend or gateway connection timeout",
    "Error 1000 | DNS points to prohibited IP",
    "Error 521",
    "Web server is down",
    "Error 1016 | Origin DNS error",
    "This site can’t be reached",
    "Site Not Found",
    "Site non trouvé",
    "404 Not Found | OVHcloud",
    "Site not installed",
    "Félicitations ! Votre domaine a bien été créé chez OVHcloud !",
    "Congratulations! Your domain has been created at OVHcloud",
    "IONOS Domain Parking",
    "Diese Domain ist geparkt",
    "Domain im Kundenauftrag registriert",
    "Diese Website ist momentan nicht verfügbar",
    "Strato - Domain reserved",
    "Parallels Plesk Default Page",
    "Plesk Obsidian 18.0",
    "Welcome to Plesk",
    "cPanel Default Page",
    "Default PLESK Page",
    "HTTP Error 503. The service is unavailable.",
    "503 Service Unavailable",
    "Service Unavailable",
    "HTTP Status 404 – Not Found",
    "HTTP Status 500 – Internal Server Error",
    "Error 500 - Internal server error",
    "Apache Tomcat/9.0.1 - Error report",
    "JBWEB000065: HTTP Status 500",
    "GlassFish Server - Server Running",
    "Welcome to JBoss",
    "Welcome to WildFly",
    "Jetty: Error 503",
    "Error 503 Service Unavailable",
    "Unable to connect",
    "Bad Request (400)",
    "DisallowedHost",
    "TemplateDoesNotExist at /",
    "OperationalError at /",
    "Whoops, looks like something went wrong.",
    "Whoops! There was an error.",
    "🧨 Undefined variable $x",
    "Undefined variable $x",
    "ErrorException",
    "Symfony Exception",
    "An exception occurred",
    "PHP Fatal error",
    "Unhandled Runtime Error",
    "Error: Cannot find module",
    "Not Acceptable!",
    "Request Rejected",
    "The requested URL was rejected",
    "Access to this site is blocked",
    "Under Construction",
    "Website under construction",
    "Site in costruzione",
    "Sito in costruzione",
    "Site en construction",
    "En construction",
    "En construcción",
    "Página en construcción",
    "Em construção",
    "Strona w budowie",
    "Сайт в разработке",
    "Сайт на реконструкции",
    "Ошибка 404",
    "Ошибка сервера",
    "サーバーエラー",
    "エラー",
    "ページが見つかりません",
    "服务器错误",
    "页面不存在",
    "站点创建成功",
    "恭喜，站点创建成功！",
    "没有找到站点",
    "网站建设中",
    "网站已暂停",
    "Strony nie znaleziono",
    "Błąd 404",
    "Pagina niet gevonden",
    "Sidan hittades inte",
    "Siden blev ikke fundet",
    "Sivua ei löytynyt",
    "Sayfa bulunamadı",
    "Bakım Modu",
    "Site temporairement indisponible",
    "Temporairement indisponible",
    "Service indisponible",
    "Erreur 500",
    "Erreur serveur",
    "Erreur interne du serveur",
    "Error interno del servidor",
    "Error del servidor",
    "Sitio no disponible",
    "Errore 404",
    "Errore interno del server",
    "Pagina non trovata",
    "Erro interno do servidor",
    "Página não encontrada",
    "Fehler 500",
    "Fehler",
    "Serverfehler",
    "Seite nicht erreichbar",
    "Nicht gefunden",
    "Diese Seite wird gewartet",
    "Underhåll",
    "Vedlikehold",
    "Údržba",
    "Технические работы",
    "Domain default page",
    "domain.com - Default page",
    "Future home of something quite cool.",
    "Future Home of a New Site with WebHero",
    "Hosting default page",
    "Namecheap Parking Page",
    "Registrant WHOIS contact information verification | Namecheap.com",
    "Domain Suspended",
    "This domain has been suspended",
    "Sitio suspendido",
    "Cuenta suspendida",
    "Website suspended",
    "Konto gesperrt",
    "Diese Website wurde gesperrt",
    "Ce site a été suspendu",
    "Este sitio web ha sido suspendido",
    "Deze website is tijdelijk uitgeschakeld",
    "Webbplatsen är avstängd",
    "Domain Expired",
    "Domain abgelaufen",
    "Expired domain",
    "portfolio.example is coming soon",
    "Launching Soon",
    "Website coming soon",
    "Opening Soon",
    "Password Protected",
    "Protected page",
    "Enter password",
    "Vercel – Authentication Required",
    "Authentication Required",
    "Netlify – Site not available",
    "Site not available",
    "Page Not Found - Netlify",
    "Render - Not Found",
    "Application failed to respond",
    "Not Found | Railway",
    "App not found",
    "Deployment Failed",
    "Build failed",
    "Unpublished site",
    "Site Unpublished",
    "Blog not found",
    "Blog has been removed",
    "Wix - Website Not Found",
    "Website Not Found",
    "ConnectYourDomain",
    "Looks Like This Domain Isn't Connected To A Website Yet",
    "Squarespace - Website Expired",
    "Squarespace - Domain Not Claimed",
    "Domain Not Claimed",
    "Shopify - Store unavailable",
    "Store unavailable",
    "Only one step left!",
    "Ecommerce Software by Shopify",
    "Create an Ecommerce Website and Sell Online! Ecommerce Software by Shopify",
    "Webflow - 404",
    "The page you are looking for doesn't exist or has been moved",
    "Nothing Found",
    "Azure App Service - Web App Unavailable",
    "Error 404 - Web app not found",
    "AWS Elastic Beanstalk",
    "Welcome to Amazon ECS",
    "Amazon ECS Sample App",
    "ERROR: The request could not be satisfied",
    "Welcome to Red Hat Enterprise Linux",
    "Test Page for the Nginx HTTP Server on Fedora",
    "Test Page for the Nginx HTTP Server on Red Hat Enterprise Linux",
    "Apache HTTP Server Test Page powered by CentOS",
    "Apache2 Default Page",
    "Rocky Linux HTTP Server Test Page",
    "HTTP Server Test Page",
    "Welcome to freenginx!",
    "Welcome to LiteSpeed Web Server",
    "LiteSpeed Web Server",
    "OpenLiteSpeed",
    "Congratulation",
    "Congratulations",
    "Lighttpd Test Page",
    "Placeholder page",
    "Welcome to your new website",
    "Welcome to Nuxt!",
    "Welcome to Astro",
    "Welcome to SvelteKit",
    "Welcome to CodeIgniter 4!",
    "CakePHP: the rapid development php framework",
    "Welcome to Symfony!",
    "Ruby on Rails: Welcome aboard",
    "Welcome to Phoenix!",
    "Payara Server",
    "Home Page - My ASP.NET Application",
    "Ghost - Setup",
    "Drupal Installation",
    "Choose language | Drupal",
    "Joomla! Web Installer",
    "Magento Setup Wizard",
    "WordPress › Error",
    "WordPress › Installation",
    "WordPress › Setup Configuration File",
]
TITLES_OF_GUARDS = [
    "Bot Verification",
    "Checking your browser",
    "Checking your browser before accessing",
    "DDoS protection by Cloudflare",
    "Please Wait... | Cloudflare",
    "Human verification",
    "Are you a robot?",
    "Captcha",
    "hCaptcha",
]
TEXTS = [
    "A server error has occurred MIDDLEWARE_INVOCATION_FAILED fra1::abcd",
    "This edge function has crashed An unhandled error in the function code triggered the following message:",
    "This function has crashed. the edge function timed out",
    "Our services aren't available right now We're working to restore all services as soon as possible.",
    "Requested host does not match any Subject Alternative Names (SANs) on TLS certificate [41a6] in use.",
    "/ 1 directory 2 files Name Size Modified img/ — app.js 1 B Served with Caddy",
    "Diese Website wurde gesperrt. Bitte wenden Sie sich an Ihren Hoster.",
    "Marta Lind. Votre site est temporairement suspendu.",
    "Marta Lind Error: could not load photos Prints Commissions",
    "Marta Lind Could not load the gallery. Prints Commissions",
    'Blocked request. This host ("portfolio.example") is not allowed.',
    "Projects Error loading projects. Please try again.",
    "Failed to fetch data",
    "[an error occurred while processing this directive]",
    "Liquid error: internal",
    "Error code: SVC:1x10",
    "Web server is returning an unknown error Error code 520",
    "Access Denied You don't have permission to access this server. Reference #18.2d",
    "The server encountered an internal error or misconfiguration and was unable to complete your request.",
    "Forbidden You don't have permission to access this resource.",
    "HTTP Error 502.5 - Process Failure",
    "Server Error in '/' Application.",
    "The page cannot be displayed because an internal server error has occurred.",
    "The resource you are looking for has been removed, had its name changed, or is temporarily unavailable.",
    "404. That's an error. The requested URL / was not found on this server. That's all we know.",
    "Error: Forbidden Your client does not have permission to get URL / from this server.",
    "There's nothing here, yet.",
    "404 There is nothing here yet",
    "Site not available. This site was paused",
    "This deployment has been disabled.",
    "402: DEPLOYMENT_DISABLED",
    "Service Suspended This service has been suspended by its owner.",
    "Application failed to start",
    "DNS_PROBE_FINISHED_NXDOMAIN",
    "Upstream request timeout",
    "default backend - 404",
    "Gateway Timeout",
    "The service is unavailable.",
    "Rate limit exceeded",
    "null",
    "NaN",
    "OK",
    "Hello World!",
    "test",
    "Lorem ipsum dolor sit amet, consectetur adipiscing elit.",
    "{{message}}",
    "${title}",
    "Uncaught ReferenceError: x is not defined",
    "TypeError: Cannot read properties of undefined (reading 'map')",
    "Cannot find module './x'",
    "ENOENT: no such file or directory, open '/srv/index.html'",
    "Error: ENOSPC",
    "goroutine 1 [running]:",
    "java.lang.NullPointerException at com.x.Y(Y.java:3)",
    "org.springframework.beans.factory.BeanCreationException",
    "System.NullReferenceException: Object reference not set",
    "Deprecated: Function create_function() is deprecated in /srv/x.php on line 3",
    "Call to undefined function",
    "Maximum execution time of 30 seconds exceeded",
    "Composer detected issues in your platform",
    "could not connect to server: Connection refused",
    "FATAL: too many connections",
    "Access denied for user 'x'@'localhost' (using password: YES)",
    "Table 'shop.users' doesn't exist",
    "no such table: users",
    "Could not connect to the database",
    "Database connection failed",
    "Connection refused",
    "Error connecting to database",
    "We can't connect to the server",
    "Guru Meditation: XID: 123",
    "503 No healthy IP available for the backend",
    "NoSuchBucket The specified bucket does not exist",
    "The specified bucket does not exist",
    "BlobNotFound",
    "PublicAccessNotPermitted",
    "Congratulations! Your web server is working",
    "Default server page",
    "Congratulations, you have successfully installed",
    "We are coming soon",
    "Launching soon. Leave your email",
    "We'll be back soon! Sorry for the inconvenience but we're performing some maintenance at the moment.",
    "Scheduled maintenance in progress",
    "We are upgrading our site",
    "Site is temporarily unavailable",
    "Temporarily down for maintenance",
    "Wegen Wartungsarbeiten vorübergehend nicht erreichbar",
    "Diese Seite ist derzeit nicht verfügbar",
    "Hier entsteht eine neue Website",
    "Site en maintenance",
    "Site en construction",
    "Estamos en mantenimiento",
    "Volvemos pronto",
    "Sito in manutenzione",
    "Estamos em manutenção",
    "Strona w budowie",
    "Site is onder constructie",
    "Сайт временно недоступен",
    "Сайт находится в разработке",
    "ただいまメンテナンス中",
    "网站正在维护",
    "系统维护中",
    "서비스 점검중",
    "האתר בתחזוקה",
    "Siden er under vedligeholdelse",
    "This domain is for sale",
    "This domain name is available for purchase",
    "Diese Domain steht zum Verkauf",
    "Questo dominio è in vendita",
    "Domain abgelaufen",
    "Your domain is expired",
    "NOTICE: This domain name expired on 11/1/2026 and is pending renewal or deletion.",
    "This domain is parked",
    "Account suspended",
    "Bandwidth Limit Exceeded",
    "This site has been archived or suspended",
    "This blog has been removed",
    "The website you are looking for does not exist",
    "This store is password protected",
    "Opening soon",
    "Sorry, this shop is unavailable",
    "Log in to Vercel",
    "Directory Listing For [/]",
    "Parent Directory Name Last modified Size",
    "Volume in drive C",
]
NAMES = """
Coming Soon Records
The Default Page Turner Book Club
Blocked Drains Leeds
Fatal Error – live
Exception: a novel
Whoops Kids Parties
Wartung und Service für Heizungen
Undefined — a design studio
Unable to Connect: essays
Fotos 500 Jahre Stadt
Human Check Clothing
Phoenix Framework Consulting
""".strip().splitlines()
SHORT_PAGES = [
    "<h1>Ana</h1><p>New prints coming soon. Commissions open.</p><img src=a.jpg>",
    "<p>Our shop is currently closed for holidays, see you on Monday.</p><img src=a>",
    "<p>Rust developer. I write about panics, TypeErrors and how to fix them. Blog, GitHub, mail.</p>",
    "<p>Wir machen Wartungsarbeiten an Heizungen und Anlagen aller Hersteller.</p><img src=a>",
    "<p>Проекты домов. Новые работы в разработке. Пишите мне на почту.</p><img src=a>",
    "<p>我的摄影作品，风景与人物。系统的相机维护课程也在这里。</p><img src=a>",
    "<h1>写真家 山田太郎</h1><p>風景写真。展覧会は準備ができ次第お知らせします。</p><img src=a>",
    "<div id=app>Loading...</div><script src=/a.js></script>",
    "<p>My old site has been removed; this is the new one.</p><img src=a>",
    "<p>Error: a photo book about mistakes. Buy it here, signed and numbered.</p><img src=a>",
    "<p>Contact: press the button to verify you are human before you send the form.</p>" + FILLED,
]
TEXTS_OF_GUARDS = [
    "Error 1015 You are being rate limited",
    "Sorry, you have been blocked. You are unable to access portfolio.example",
    "The requested URL was rejected. Please consult with your administrator. Your support ID is: 123",
    "Checking your browser before accessing",
    "Please complete the security check to access",
    "Verify you are human by completing the action below",
    "Enable JavaScript and cookies to continue",
    "Please turn JavaScript on and reload the page.",
    "Access to this page has been denied because we believe you are using automation tools",
    "unusual traffic from your computer network",
    "Press & Hold to confirm you are a human",
]


@pytest.mark.parametrize("title", TITLES)
def test_page_with_another_title_of_a_platform_is_failing(title: str) -> None:
    """Whatever its text."""
    assert verdict(answered(page(title))) == CRITICAL


@pytest.mark.parametrize("text", TEXTS)
def test_short_page_with_another_message_is_failing(text: str) -> None:
    """Under the site's own title."""
    assert verdict(answered(page("Portfolio", f"<h1>{html.escape(text)}</h1>"))) == CRITICAL


@pytest.mark.parametrize("title", TITLES_OF_GUARDS)
def test_title_of_a_guard_is_not_conclusive(title: str) -> None:
    """Visitors may see the page."""
    assert verdict(answered(page(title))) == UNKNOWN


@pytest.mark.parametrize("text", TEXTS_OF_GUARDS)
def test_text_of_a_guard_is_not_conclusive(text: str) -> None:
    """Visitors may see the page."""
    assert verdict(answered(page("Portfolio", f"<h1>{html.escape(text)}</h1>"))) == UNKNOWN


@pytest.mark.parametrize("title", NAMES)
def test_title_that_only_resembles_one_is_ok(title: str) -> None:
    """Names of bands, books and trades."""
    assert verdict(answered(page(title))) == OK


@pytest.mark.parametrize("body", SHORT_PAGES)
def test_short_page_of_a_portfolio_is_ok(body: str) -> None:
    """Words of errors and of maintenance in their ordinary sense."""
    assert verdict(answered(page("Portfolio", body))) == OK


@pytest.mark.parametrize("text", ["Loading...", "Ładowanie", "Ups!", "読み込み中", "Redirecting..."])
def test_page_of_a_few_words_and_nothing_else_is_not_understood(text: str) -> None:
    """As HTML and as plain text; with a script or a picture it may be the page."""
    assert verdict(answered(page("Portfolio", f"<p>{text}</p>"))) == UNKNOWN
    assert verdict(answered(text + " " * 64, content_type="text/plain")) == UNKNOWN
    assert verdict(answered(page("Portfolio", f"<p>{text}</p><script src=/app.js></script>"))) == OK


def test_page_of_a_few_words_names_the_setting_that_helps() -> None:
    """A page is known by a text that only it has."""
    fault = fault_of(answered(page("Portfolio", "<p>Ups!</p>")), RULES)
    assert fault is not None
    assert (fault.words, "web.expect" in fault.hint) == ("a page with nothing but 'Ups!'", True)
    shown = HomepageTiming((Sample(200, fault=fault),)).coverage
    assert [part.hint for part in shown.parts] == [fault.hint]


@pytest.mark.parametrize("body", ["<?php echo $title; ?>" + FILLED, FILLED + "<?php include 'footer.php'; ?>"])
def test_page_with_source_code_is_failing(body: str) -> None:
    """A server that does not execute PHP sends it."""
    assert verdict(answered(page("Portfolio", body))) == CRITICAL
    assert verdict(answered(page("Portfolio", body.replace("<?", "&lt;?")))) == OK


UNBUILT = """
Vite App
Vite + React
Vite + React + TS
React App
Svelte app
New Remix App
Create T3 App
Laravel
Hello from My Site
Home | Gatsby Default Starter
Your awesome title
Phoenix Framework
Astro
Home page - WebApplication1
My Site
My Store
Your Site Title
Insert title here
Portfolio – Just another WordPress site
Untitled
Untitled Document
Document
Page Title
Hello World
Test
""".strip().splitlines()
UNFILLED = """
{{ title }}
{{title}} | Shop
${title}
#{title}
[[title]]
&lt;%= htmlWebpackPlugin.options.title %&gt;
%VITE_APP_TITLE%
__TITLE__
@yield('title')
undefined
null
[object Object]
""".strip().splitlines()
STARTED = [
    "Let's get started. Laravel has an incredibly rich ecosystem. We suggest starting with the following.",
    "Laravel has wonderful, thorough documentation covering every aspect of the framework.",
    "To get started, edit the page.tsx file. Looking for a starting point?",
    "To get started, open the src/pages directory in your project.",
    "Welcome to Your Vue.js App",
    "Easy to Use Docusaurus was designed from the ground up to be easily installed",
    "Hello world! Welcome to WordPress. This is your first post. Edit or delete it, then start writing!",
    "Welcome Learn about building Web apps with ASP.NET Core.",
]
APP = "<div id=root></div><script type=module src=/assets/index.js></script>"
LONG = FILLED * 4


@pytest.mark.parametrize("title", [*UNBUILT, *UNFILLED])
def test_title_of_a_template_does_not_prove_a_page(title: str) -> None:
    """With an application in it, or with a little text; a required text on it does prove one."""
    assert verdict(answered(page(title, APP))) == UNKNOWN
    assert verdict(answered(page(title))) == UNKNOWN
    assert verdict(answered(page(title)), PageRules(RULES.url, expect="Photographs")) == OK


@pytest.mark.parametrize(("titles", "expected"), [(UNBUILT, OK), (UNFILLED, UNKNOWN)], ids=["built", "unfilled"])
def test_long_page_with_the_title_of_a_template(titles: list[str], expected: str) -> None:
    """It is built, and only its title was kept; a place that nothing has filled in remains one."""
    assert {verdict(answered(page(title, LONG))) for title in titles} == {expected}


@pytest.mark.parametrize("text", STARTED)
def test_page_that_a_framework_starts_with_is_failing(text: str) -> None:
    """Whatever its title."""
    assert verdict(answered(page("Portfolio", f"<p>{html.escape(text)}</p>" + FILLED))) == CRITICAL


@pytest.mark.parametrize(
    "title",
    [
        "Not Found – an exhibition",
        "Not found: a novel",
        "Not Found – a photo series by Ana",
        "404 – a gallery in Leeds",
        "Something went wrong – a podcast about mistakes",
    ],
)
def test_error_as_the_name_of_a_work_is_ok(title: str) -> None:
    """On a page with a text of some length; a short one may be an error page of a site with such a name."""
    assert verdict(answered(page(title, LONG))) == OK
    assert verdict(answered(page(title))) == CRITICAL


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<h1>{{ hero.title }}</h1>" + LONG, UNKNOWN),
        ("<h1>{{ hero.title }}</h1><script src=/vue.global.js></script>" + LONG, OK),
        ("<div ng-app=shop><h1>{{ hero.title }}</h1></div>" + LONG, OK),
        ("<h1>Undefined</h1><p>A design studio.</p>" + LONG, OK),
        ("<h1>Templates</h1><p>Write {{ name }} where the name goes.</p>" + LONG, OK),
    ],
)
def test_heading_of_a_template_does_not_prove_a_page(body: str, expected: str) -> None:
    """Unless a script fills it in; a text may be about templates."""
    assert verdict(answered(page("Portfolio", body))) == expected
