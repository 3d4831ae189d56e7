"""Texts of pages that are returned in place of others: by platforms, servers, domain traders and intermediaries.

From the pages of DigitalOcean's App Platform, Heroku, Vercel, Netlify, Railway, Azure, GitHub Pages, Cloudflare,
nginx, Apache, Caddy, IIS and the usual frameworks.
"""

from __future__ import annotations

import re

LOGIN = re.compile(
    r"/(?:log-?in|log_in|sign-?in|sign_in|signin|sso|saml2?|oauth2?|oidc|auth|authorize|session/new"
    r"|wp-login\.php"
    r"|users/sign_in|accounts?/login|cas/login)(?:/|$)",
    re.IGNORECASE,
)
AWAY = re.compile(
    r"/(?:maintenance|errors?|(?:page-?)?not-?found|404|500|502|503|unavailable|offline|suspended(?:page)?|coming-?soon|blocked"
    r"|lander"
    r"|cgi-sys/\w+)(?:\.\w+)?/?$",
    re.IGNORECASE,
)
FILES = re.compile(r"(?:image|video|audio|font)/.*|application/(?:octet-stream|zip|x-httpd-php.*|x-download)")
# Files that a link may lead to, and that are no homepage.
NO_HOMEPAGE = re.compile(
    r"application/(?:pdf|(?:x-)?javascript|(?:rss|atom)\+xml)|text/(?:css|javascript|markdown|csv|calendar)"
)
# A script that sends the browser on.
SENT_ON = re.compile(
    r"\blocation(?:\.href)?\s*=\s*[\"']([^\"']+)|\blocation\.(?:replace|assign)\(\s*[\"']([^\"']+)", re.IGNORECASE
)
# React's note that a part was not rendered on the server, with the number of the error in its log; words in place
# of the number are of redirects and of parts that are rendered in the browser.
FAILED_PART = re.compile(
    r"(?:data-dgst=\\?\"|:e\{\\?\"digest\\?\":\\?\"|\$RX\(\"[^\"]{1,40}\",\")(\d{4,20})\\?\"", re.IGNORECASE
)
# The entry of a project of Vite, which is not in what it builds, and which no browser understands.
UNBUILT = re.compile(r"<script[^>]*\ssrc=[\"']?/?(src/\w+\.(?:jsx|tsx?))\b", re.IGNORECASE)
LOGIN_TITLE = re.compile(r"(?:.* [-|–·] )?(?:please )?(?:log ?in|sign ?in|login|anmelden)(?: (?:to|[-|–·]) .*)?")
ERROR_TITLE = re.compile(
    r"error (?:[45]\d\d|1\d{3})\b.*|(?:http (?:status|error)|jbweb\d+: http status) [45]\d\d\b.*"
    r"|.+: error [45]\d\d"
    r"|web server is down|this (?:site|page) can.t be reached|unable to connect|bad request \(\d+\)"
    r"|disallowedhost"
    r"|whoops[!,] .*|(?:🧨 )?undefined (?:variable|index|property|array key).*|(?:error|symfony )exception"
    r"|an exception (?:has )?occurred.*|php fatal error.*|fatal error: .*|unhandled (?:runtime )?(?:error"
    r"|rejection).*"
    r"|error: cannot find module.*|not acceptable!?|(?:the )?request(?:ed url was)? rejected.*"
    r"|site not installed"
    r"|(?:website|blog|app|store|shop) not found|nothing found|application failed to (?:respond|start)"
    r"|(?:deployment|build) failed|store unavailable|site not available|the page you are looking for .*"
    r"|error: the request could not be satisfied|wordpress . error|.*web app unavailable"
    r"|access to this site is blocked"
    r"|[45]\d\d|[45]\d\d\W{1,3}(?:bad|unauth|payment|forb|not|page|this|the|file|method"
    r"|request|gone|too"
    r"|client|internal|server|service|gateway|backend|error|web|connection|origin|a timeout|unknown|invalid"
    r"|ssl"
    r"|access"
    r"|site|url|deployment|application|proxy|nginx|temporar|unavailable|oops|sorry).*|.* \| 5\d\d: .*|.* "
    r"\| cloudflare"
    r"|.*\((?:404|5\d\d)(?: [\w ]+)?\)|error: (?:server error|internal server error|not found|forbidden).*"
    r"|domain not found|zero size object|invalid url|sucuri website firewall\b.*"
    r"|an error (?:has )?occurred.*|there has been an error.*|via upstream error|project not found"
    r"|blocked site"
    r"|access to this page has been denied.*|access denied \| .* used cloudflare.*|.*firewall - access denied"
    r"|.*the endpoint .* is offline|sorry, this (?:shop|store) is currently unavailable.*"
    r"|missing authentication token"
    r"|application error.*|(?:internal )?server error.*|runtime error|unhandled exception.*"
    r"|whitelabel error page"
    r"|(?:(?:\w+ )?page )?not found.*|this page could ?n.t be found.*|bad gateway.*"
    r"|service (?:temporarily )?unavailable.*"
    r"|gateway time-?out.*|forbidden|access denied|unauthorized|bad request|no such app"
    r"|oops[!,.…]*(?: (?:an?|something|page|that|this|we|it) .*)?"
    r"|error|error page|seite nicht gefunden.*|interner serverfehler.*|p.gina no encontrada.*"
    r"|page non trouv.e.*"
    r"|something went wrong.*|we.re sorry, but something went wrong.*|action controller: exception caught"
    r"|[\w.:]+(?:error|exception|doesnotexist|host) at (?:get |head )?/.*|(?:matomo|piwik) . error"
    r"|.*// werkzeug debugger|database error"
    r"|dns resolution error.*"
    r"|microsoft azure web app - error.*|web app - unavailable|heroku \| .*|site not found.*"
    r"|deployment .*not found"
)
_DEFAULT_TITLE = re.compile(
    r"welcome to (?:freenginx|plesk|jboss|wildfly|red hat|amazon ecs|litespeed|nuxt|astro|sveltekit"
    r"|codeigniter|symfony"
    r"|phoenix|laravel|django|your new (?:web)?site|nginx|openresty|caddy|tengine|centos|apache"
    r"|your new app|angie).*|it works!?(?: apache httpd)?"
    r"|apache2? .*default page.*"
    r"|(?:http server )?test page (?:for|powered by).*|caddy works!|iis(?: windows.*)?|index of /.*|/"
    r"|directory: /.*|listing directory /.*|directory listing for .*"
    r"|default web site page|default page|web server.s default page"
    r"|welcome to xampp.*"
    r"|welcome to firebase hosting|create next app|ruby on rails \d.*|the install worked successfully!.*"
    r"|wordpress . (?:installation|setup configuration file)|azure static web apps - .*"
    r"|php \d[\d.]* - phpinfo\(\)"
    r"|welcome to your strapi app|congratulations \| cloud run"
    r"|.*\bdefault (?:\w+ )?page|plesk obsidian.*|(?:glassfish|payara) server.*"
    r"|(?:open)?litespeed(?: web server)?"
    r"|.*\b(?:http server|linux|lighttpd) test page.*|amazon ecs sample app|aws elastic beanstalk.*"
    r"|placeholder page"
    r"|future home of .*|congratulations?!?|ruby on rails: .*|cakephp: .*|home page - my asp\.net application"
    r"|joomla! web installer|drupal installation|choose language \| drupal|magento setup wizard|ghost - setup"
    r"|apache tomcat.*|localhost|hostinger.*default.*|microsoft azure app service.*|your azure .* app is .*"
)
_AWAY_TITLE = re.compile(
    r"(?:(?:(?:our |new )?(?:site|website)|\S+\.\w+) (?:is )?)?(?:launching|coming|opening) soon[!.…]*|"
    r"(?:get ready\W+)?something (?:\w+ ){0,3}is coming(?: soon)?[!.…]*|"
    r".*(?:under|down for|offline for|undergoing) (?:scheduled )?(?:maintenance|construction).*"
    r"|(?:scheduled |site )?maintenance(?: mode)?|(?:coming|opening) soon(?:[!.…:,]+.*)?"
    r"|we.ll be (?:right )?back.*"
    r"|wartung(?:sarbeiten|smodus)?|en mantenimiento.*"
    r"|(?:.* )?(?:est )?en maintenance|maintenance en cours.*|.* en mantenimiento|.*\bin manutenzione.*"
    r"|.*\bem manutenção.*|.*\b(?:in|wegen) wartung(?:sarbeiten)?|(?:site |gepland )?(?:in )?onderhoud"
    r"|przerwa techniczna|.*на техническом обслуживании.*|.*технические работы.*|.*メンテナンス中.*"
    r"|.*维护中.*"
    r"|be right back.*|temporarily (?:unavailable|offline|closed).*|briefly unavailable.*"
)
_PARKED_TITLE = re.compile(
    r".*domain (?:is )?(?:parked|for sale|expired|suspended).*|parked (?:domain|page).*"
    r"|(?:this )?(?:account|website|site|service|domain|app)(?: has been| is)?"
    r" (?:suspended|expired|disabled|deactivated|parked|not available).*"
    r"|(?:the domain (?:name )?)?\S+\.\S+ is for sale.*|.* afternic domain listing"
    r"|hugedomains.*|sedo .*|domain default page.*"
    r"|private site|.* registered at namecheap\.com|congratulations! your domain .*|domain registered at .*"
    r"|domain reserviert.*|.*domain reserved|.*domain parking|.*\bparking page|expired domain"
    r"|domain not claimed"
    r"|registrant whois .*|looks like this domain isn.t connected.*|only one step left!?|connectyourdomain"
    r"|.*ecommerce software by shopify|unpublished site|site unpublished|blog has been removed"
    r"|password protected"
    r"|protected page|enter password|authentication required"
)
TITLES = (
    ("an error page", ERROR_TITLE),
    ("a server's default page", _DEFAULT_TITLE),
    ("a maintenance page", _AWAY_TITLE),
    ("a parked or suspended domain", _PARKED_TITLE),
)
# A heading in place of a part, as the error boundaries of React, Next.js, Remix, Nuxt and Angular show it.
PART_ERROR = re.compile(
    r"(?:oops[!.,]* |(?:we're )?sorry[,.!]* (?:but )?)?"
    r"(?:something (?:has )?(?:went|gone) wrong|an? (?:unexpected |unknown )?(?:application |internal |server )?"
    r"error (?:has )?occurred|(?:unexpected )?application error|internal server error|failed to fetch"
    r"|(?:failed|unable) to (?:load|fetch) .{1,60}|(?:could not|couldn't|can't) (?:load|fetch) .{1,60}"
    r"|error (?:loading|fetching) .{1,60}|there was an? (?:error|problem) (?:loading|fetching) .{1,60})"
    r"(?: on our (?:end|side))?[.!…]*(?: please .{1,60})?"
)
# Words of an error as the name of a work: "Not Found – an exhibition".
NAME_OF_A_WORK = re.compile(
    r"(?:not found|nothing found|oops|something went wrong|[45]\d\d)\W{1,3}an? (?:[\w'’-]+ ){0,3}"
    r"(?:album|anthology|band|book|comic|concert|documentary|essay|exhibition|exhibit|film|gallery|game|magazine"
    r"|memoir|musical|novel|opera|photo ?book|play|podcast|poem|project|series|short|show|song|story|zine)"
    r"\b[^|]{0,80}",
    re.IGNORECASE,
)
PARTS = re.compile(r"\s+[|–—·:-]\s+")
# Words of a title that may also be a name.
MAY_BE_A_NAME = ("error", "forbidden", "maintenance", "localhost", "bad request", "unauthorized", "access denied")
_TEXTS: tuple[tuple[str, str], ...] = (
    ("an error page", r"application error: a (?:client|server)-side exception has occurred"),
    ("an error page", r"an error occurred in the application and your page could not be served"),
    ("an error page", r"application failed to respond|the train has not arrived at the station"),
    ("an error page", r"no healthy upstream|upstream connect error or disconnect|via_(?:no_healthy_)?upstream"),
    ("an error page", r"^(?:500 )?internal server error\b|^server error\b|^bad gateway\b|^service unavailable\b"),
    (
        "an error page",
        r"^error (?:code )?[45]\d\d\b|^[45]\d\d[ :.–-]+(?:bad|unauth|pay|forb|not|page|this|the|that|there"
        r"|file|request|gone|too|client|int|server|serv|gate|error|web|conn|origin|time|unknown|sorry|oops"
        r"|no )|^cannot get /|^not found(?:[.!:]|$| the )"
        r"|^404 page not found",
    ),
    ("an error page", r"^a server error has occurred\b|\bthis (?:edge )?function has crashed\b"),
    ("an error page", r"our services aren't available right now|host does not match any subject alternative name"),
    ("an error page", r"error establishing a database connection|there has been a critical error on this website"),
    # MediaWiki, CodeIgniter, phpBB; drivers of PHP and Go, whose errors a program has printed.
    ("an error page", r"this site is experiencing technical difficulties|we seem to have hit a snag"),
    ("an error page", r"an sql error occurred while fetching this page|mysqli_connect\(\): \("),
    ("an error page", r"\bdial tcp \S{1,80}: (?:connect: |i/o timeout|lookup )|^could not connect: "),
    # WordPress, where it has nothing to show: no posts, or no table of them.
    ("an error page", r"it seems we can.t find what you.re looking for\. perhaps searching"),
    ("an error page", r"whoops, looks like something went wrong|we.re sorry, but something went wrong"),
    ("an error page", r"the website encountered an unexpected error|this serverless function has crashed"),
    ("an error page", r"function_invocation_failed|deployment_not_found|not found - request id"),
    (
        "an error page",
        r"traceback \(most recent call last\)|fatal error: uncaught (?:[\w\\]{1,120}:|exception ')"
        r"|parse error: syntax error",
    ),
    # Frames of a stack, as Node, Java, .NET, PHP, Ruby and Go print them.
    (
        "an error page",
        r"\bat (?:[\w$.<>\[\]]{1,80} ){1,3}\((?:file:|node:|/|[a-z]:\\)[^\s()]{1,300}:\d+:\d+\)"
        r"|\bat [\w$.]{3,200}(?:<init>)?\([\w$]+\.(?:java|kt|scala|groovy):\d+\)"
        r"|\bin (?:/|[a-z]:\\)\S{1,300}\.(?:cs|vb|fs|cshtml):line \d+"
        r"|#0 /\S{1,300}\.php(?:\(|:)\d+|/\S{1,300}\.e?rb:\d+:in ['`]|goroutine \d+ \[running\]",
    ),
    (
        "an error page",
        r"sqlstate ?\[\w+\]|mysql(?:i|_\w+)?(?: server)? error:|pg::\w+|<code>(?:nosuchbucket|nosuchkey"
        r"|accessdenied)</",
    ),
    ("an error page", r"an error occurred while processing this directive|liquid (?:syntax )?error[ :(]"),
    # What WordPress, Rails, Twig, FreeMarker, Thymeleaf, DotLiquid, Umbraco, TYPO3 and Go's templates leave in
    # place of a part.
    (
        "an error page",
        r"wordpress database error: \[|actionview::template::error|\btwig\\error\\"
        r"|an exception has been thrown during the rendering of a template|freemarker template error \("
        r"|exception evaluating springel expression|error executing template \W|error loading partial view script"
        r"|oops, an error occurred! code: \w|\btemplate: [\w./-]{1,80}:\d+(?::\d+)?: "
        r"|%!\w\((?:missing\)|\w{1,20}=)",
    ),
    (
        "an error page",
        r"incomplete response received from application|web application could not be started by the phusion",
    ),
    ("an error page", r"there isn.t a github pages site here|no such app|there.s nothing here, yet"),
    (
        "an error page",
        r"error 403 - this web app is stopped|the origin web server|connection timed out error code 52",
    ),
    (
        "an error page",
        r"we encountered an error when trying to load your application|could not find a fly\.io app here",
    ),
    (
        "an error page",
        r"\b(?:fatal error|parse error|warning|notice|deprecated) ?: .{1,300}? in /\S+(?: on line |:) ?\d",
    ),
    (
        "an error page",
        r"^error: (?:connect |getaddrinfo )?\b(?:econn|enotfound|etimedout)|an unhandled exception occurred"
        r"|\b(?:connect|read|getaddrinfo) e(?:connrefused|connreset|timedout|hostunreach|notfound|ai_again)\b",
    ),
    (
        "an error page",
        r"if you are the system administrator of this resource|faithfully yours, nginx|guru meditation"
        r"|the server is temporarily unable to service your request|an internal error or misconfiguration"
        r"|the requested url \S* ?was not found on this server"
        r"|the resource you are looking for has been removed"
        r"|you (?:don't|do not) have permission to (?:access|view) this|cloudfront attempted to establish"
        r"|the request could not be satisfied|the page cannot be displayed because"
        r"|the specified bucket does not",
    ),
    ("an error page", r"^(?:<\?xml[^>]{0,99}\?> ?)?<error[ >]"),
    ("a template that was not filled in", r"\{%-? ?(?:block|extends|include|load|endblock|endfor|endif)\b"),
    # The markup of pages without text: Next.js' own error page, and Heroku's in a frame.
    ("an error page", r"id=\"__next_error__\"|\"page\":\"/_error\"|herokucdn\.com/error-pages/"),
    (
        "an error page",
        r"^oops! an unexpected error occurred|failed to forward this request to the application"
        r"|fastly error: unknown domain|^service waking up",
    ),
    (
        "a server's default page",
        r"welcome to your strapi app|your functions \d[\d.]* app is up and running|^nothing is here yet"
        r"|owner of this website, please contact your hosting provider|^it's running! congratulations",
    ),
    ("a server's default page", r"firebase hosting setup complete|famous five-minute wordpress installation"),
    (
        "a server's default page",
        r"because debug=true is in your settings"
        r"|get started(?: by editing|, edit) (?:the )?(?:(?:app|src|pages)/|page\.)"
        r"|welcome to your (?:vue\.js app|new gatsby site)|docusaurus was designed from the ground up",
    ),
    ("a server's default page", r"rails version: .* ruby version|laravel has wonderful,? (?:thorough )?docum"),
    (
        "a server's default page",
        r"laravel has an incredibly rich ecosystem\.? we suggest|get started, open the src/pages directory"
        r"|welcome to wordpress\. this is your first post|building web apps with asp\.net core",
    ),
    ("a server's default page", r"this is the default (?:index|web) page (?:of|for)"),
    ("a server's default page", r"welcome to nginx!|apache2 (?:ubuntu|debian) default page|^it works!$"),
    ("a server's default page", r"please log into your droplet via ssh"),
    ("a server's default page", r"your web app is running and waiting for your content|your new server is ready"),
    (
        "a directory listing",
        r"^index of /|^directory listing for /|\b\d+ director(?:y|ies) \d+ files?\b.{0,60}\bname size modified\b",
    ),
    (
        "a maintenance page",
        r"briefly unavailable for scheduled maintenance|(?:down|offline|closed) for maintenance",
    ),
    (
        "a maintenance page",
        r"(?:site|website|service|page|we are|we.re|is) (?:currently )?(?:under|undergoing) maint",
    ),
    ("a maintenance page", r"performing (?:scheduled |some )?maintenance|maintenance mode|^under construction"),
    (
        "a maintenance page",
        r"(?:site|website|page|homepage|we are|we.re)(?: is)? (?:currently |still )?under construction",
    ),
    (
        "a parked domain",
        r"(?:this|the) (?:web ?page|domain)(?: name)? (?:is|has been|may be) (?:parked|for sale|expired)",
    ),
    (
        "a parked domain",
        r"parked free, courtesy of|buy this domain|domain has expired|isn.t connected to a website",
    ),
    (
        "a suspended site",
        r"(?:^|this |your |the )(?:account|website|site|service|organi[sz]ation|workspace)"
        r" (?:has been|is|was) (?:temporarily )?(?:suspended|disabled|paused)",
    ),
    ("a site that is closed to visitors", r"this site is (?:currently )?private"),
    (
        "a parked domain",
        r"sedoparking\.com|parkingcrew\.net|bodis\.com/|d38psrni17bvxu\.cloudfront\.net|parklogic\.com"
        r"|//ww\d+\.\S"
        r"|this website is for sale|the domain name \S+ is for sale|this domain is registered at"
        r"|data-adblockkey="
        r"|window\.park ?=|window\.location\.href ?= ?[\"']/lander",
    ),
)
ERROR_PAGE = "an error page"
KNOWN = tuple((what, re.compile(pattern)) for what, pattern in _TEXTS)
OTHERS = {"cf-mitigated": "Cloudflare", "x-amzn-waf-action": "AWS WAF", "x-vercel-mitigated": "Vercel"}
CHALLENGE = re.compile(
    r"just a moment\.\.\.|making sure you.re not a bot!|you are being redirected\.\.\."
    r"|one moment, please\.\.\.|robot challenge screen"
    r"|verifying you are human.*|attention required! \| cloudflare|ddos-guard|vercel security checkpoint.*"
    r"|(?:bot|human|browser|security) (?:verification|check)|checking your browser.*|ddos protection by .*"
    r"|challenge validation|pardon our interruption.*"
    r"|are you (?:a )?(?:human|robot)\??|h?captcha|please wait\.\.\. \| cloudflare"
)
# What the same guards tell a person, in readable text.
REFUSAL = re.compile(
    r"enable javascript and cookies to continue|verifying (?:that )?you are (?:a )?human"
    r"|verify you are human by"
    r"|sorry, you have been blocked"
    r"|checking (?:your browser before|if the site connection is secure)"
    r"|complete the security check to access"
    r"|unusual traffic from your computer|pardon our interruption|press & hold to confirm"
    r"|you are being rate limited"
    r"|believe you are using automation|made us think (?:that )?you (?:are|were) a bot|^are you a human"
    r"|please turn javascript on and reload the page|your support id is"
)
# In the markup of challenge pages without readable text: Imperva's, DataDome's and Akamai's
CHALLENGE_TEXT = re.compile(
    r"request unsuccessful\. incapsula incident|captcha-delivery\.com|/_incapsula_resource\?"
    r"|sec-if-cpt-container|\"sec-cp-challenge\": ?\"?true"
)
OWN_PROXY = re.compile(r"error: the requested url could not be retrieved|web ?page blocked.*|web filter.*")
