"""What every shipped query must give: series as promtool writes them, and the true figure, worked out by hand.

A sample a minute over 72 hours, or longer where a query looks back further; the last 24 are asked for, half a
minute after the last sample, so that no sample lies at the edge of the window, where Prometheus 2 and 3 differ:
minutes 2,881 to 4,320.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from playbook.clients.prometheus_queries import query_of
from playbook.settings.loading import load

INTERVAL = 60  # seconds
END = 4320
WINDOW = 24 * 3600.0
NEAR = 0.002  # increase() is extrapolated to the edges of the window, by up to two samples of 1,440
EXACT = 1e-9

_PART = re.compile(r"(?P<none>_)(?:x(?P<many>\d+))?|(?P<first>-?[\d.]+)(?:(?P<step>[+-][\d.]+)?x(?P<times>\d+))?")

_SELECTOR = 'job="portfolio"'
SETTINGS = load(
    "sandbox",
    environment={},
    overlay={
        "targets": {
            "sandbox": {
                "prometheus": {
                    "selector": _SELECTOR,
                    "probe_selector": 'instance="https://portfolio.example"',
                    "redis_selector": 'job="redis"',
                }
            }
        }
    },
)


@dataclass(frozen=True)
class Expected:
    """What a query gives: one number, one for each ``labels``, or nothing where ``value`` is None."""

    query: str
    value: float | None
    near: float = NEAR
    labels: str = "{}"
    selector: str = _SELECTOR

    @property
    def expression(self) -> str:
        """As it is sent, with these matchers for the application's own series."""
        return expression(self.query).replace(_SELECTOR, self.selector)


@dataclass(frozen=True)
class Scenario:
    """Series by name and labels, in promtool's notation; ``end`` is the minute of their last samples."""

    name: str
    series: dict[str, str]
    expected: tuple[Expected, ...]
    end: int = END

    @property
    def evaluated(self) -> int:
        """When the queries are asked, in seconds."""
        return self.end * INTERVAL + 30


def expression(key: str) -> str:
    """The query as it is sent for the last 24 hours."""
    return query_of(SETTINGS, key, WINDOW, quantile=0.5)


def values_of(notation: str) -> list[float | None]:
    """``0+10x3`` is 0, 10, 20, 30; ``_x2`` is two samples that are not there."""
    found: list[float | None] = []
    for part in notation.split():
        match = _PART.fullmatch(part)
        assert match, part
        if match["none"]:
            found += [None] * int(match["many"] or 1)
        else:
            first, step = float(match["first"]), float(match["step"] or 0)
            found += [first + step * number for number in range(int(match["times"] or 0) + 1)]
    return found


def requests(
    status: str,
    instance: str = "web-0",
    job: str = "portfolio",
    component: str = "portfolio-web",
    *,
    route: str = 'route="/"',
) -> str:
    """A series of requests."""
    return (
        f'http_requests_total{{job="{job}",component="{component}",instance="{instance}",'
        f'{route},status="{status}"}}'
    )


def bucket(le: str, instance: str = "web-0", job: str = "portfolio", *, route: str = 'route="/"') -> str:
    """A bucket of the response times."""
    return (
        f'http_request_duration_seconds_bucket{{job="{job}",component="portfolio-web",instance="{instance}",'
        f'{route},le="{le}"}}'
    )


def image(result: str, instance: str = "worker-0") -> str:
    """A series of images."""
    return f'image_optimizations_total{{job="portfolio",instance="{instance}",result="{result}"}}'


def probe(instance: str, place: str = "fra1", job: str = "blackbox", more: str = "") -> str:
    """The probes of an address; ``more`` are further labels."""
    return f'probe_success{{job="{job}",instance="{instance}",probe="{place}"{more}}}'


def redis(name: str, job: str = "redis") -> str:
    """A series of redis_exporter."""
    return f'{name}{{job="{job}",instance="redis-exporter:9121"}}'


OWN = "https://portfolio.example"
STEADY = "0+100x4320"  # a hundred a minute: 144,000 in the window
DAY = 1440
ALL = f"1x{8 * DAY}"
UNTIL_NOON = f"1x{8 * DAY - 720} _x719"
SINCE_NOON = f"_x{8 * DAY - 720} 1x720"
HALF_A_WEEK = f"_x{5 * DAY} 1x{2 * DAY} _x{DAY - 1}"
AT_NIGHT = " ".join(["_x719 1x720"] * 7 + ["_x1440"])
OTHERS = {probe(f"https://customer-{number}.example"): "1x4320" for number in range(10)}


def share(part: float, of: float) -> float:
    """Percent."""
    return 100 * part / of


SCENARIOS = (
    Scenario(
        "steady: a hundred good requests a minute and one bad",
        {requests("200"): STEADY, requests("500"): "0+1x4320"},
        (
            Expected("error_rate_count", 145_440),
            Expected("error_rate", share(1, 101)),
            Expected("error_rate_looks", 288, EXACT),
            Expected("error_rate_unknown", None),
            Expected("request_rate", 101 / 60),
        ),
    ),
    Scenario(
        "never failed: no series with 5xx is 0, not nothing",
        {requests("200"): STEADY},
        (Expected("error_rate", 0, EXACT), Expected("error_rate_count", 144_000)),
    ),
    *(
        Scenario(
            f"six good probes a minute beside one visitor, of whom one in ten fails ({route})",
            {
                requests("200", route=route): "0+6x4320",
                requests("200", route=visited): "0+0.9x4320",
                requests("500", route=visited): "0+0.1x4320",
            },
            (Expected("error_rate_count", 1440 * 7), Expected("error_rate", 10)),
        )
        for route, visited in (
            ('route="/api/health"', 'route="/"'),
            ('path="/healthz"', 'path="/gallery"'),
            ('handler="/api/image/health/"', 'handler="/optimize"'),
            ('uri="/metrics"', 'uri="/"'),
            ('url="/healthz"', 'url="/gallery/:id"'),
            ('path_template="/api/health"', 'path_template="/"'),
            ('view="health_check.views.HealthCheckView"', 'view="shop.views.home"'),
            ('view="health_check:health_check_home"', 'view="shop:home"'),
            ('view="prometheus-django-metrics"', 'view="<unnamed view>"'),
            ('controller="rails/health"', 'controller="gallery"'),
            ('endpoint="prometheus_metrics"', 'endpoint="gallery"'),
        )
    ),
    *(
        Scenario(
            f"quick answers to sixty probes a minute beside {visitors * 1440:g} slow ones to visitors ({route})",
            {
                bucket("0.1", route=route): "0+60x4320",
                bucket("1", route=route): "0+60x4320",
                bucket("5", route=route): "0+60x4320",
                bucket("+Inf", route=route): "0+60x4320",
                bucket("0.1", route=visited): "0x4320",
                bucket("1", route=visited): "0x4320",
                bucket("5", route=visited): f"0+{visitors}x4320",
                bucket("+Inf", route=visited): f"0+{visitors}x4320",
            },
            (Expected("response_time", seconds),),
        )
        for visitors, seconds, route, visited in (
            (0.5, 4.8, 'route="/healthz"', 'route="/"'),
            (0.5, 4.8, 'http_route="/health"', 'http_route="/gallery"'),
            (0.05, 0.0951, 'path="/api/health"', 'path="/"'),  # too few to be judged
        )
    ),
    Scenario(
        "bad answers to probes alone",
        {requests("200"): "0+1x4320", requests("503", route='route="/livez"'): "0+1x4320"},
        (Expected("error_rate", 50),),
    ),
    Scenario(
        "one failure of a few visitors is no share",
        {
            requests("200", route='route="/readyz"'): "0+6x4320",
            requests("200"): "0+0.01x4320",
            requests("500"): "_x4080 1x240",
        },
        (Expected("error_rate", share(1, 1440 * 6.01 + 1)),),
    ),
    Scenario(
        "two instances and four kinds of answers",
        {
            requests("200"): STEADY,
            requests("200", "web-1"): "0+50x4320",
            requests("404"): "0+5x4320",
            requests("502", "web-1"): "0+2x4320",
            requests("503", "web-1"): "0+3x4320",
        },
        (Expected("error_rate_count", 1440 * 160), Expected("error_rate", share(5, 160))),
    ),
    Scenario(
        "born at 5,000 four hours ago, and still there",
        {requests("200"): STEADY, requests("500", "web-1"): "_x4080 5000x240"},
        (Expected("error_rate_count", 149_000), Expected("error_rate", share(5000, 149_000))),
    ),
    Scenario(
        "born at 5,000 and growing",
        {requests("200"): STEADY, requests("500"): "_x4080 5000+10x240"},
        (Expected("error_rate_count", 144_000 + 7400), Expected("error_rate", share(7400, 151_400))),
    ),
    Scenario(
        "born with the newest sample",
        {requests("200"): STEADY, requests("500"): "_x4320 5000"},
        (Expected("error_rate_count", 149_000), Expected("error_rate", share(5000, 149_000))),
    ),
    Scenario(
        "born at 5,000, risen by 300, begun anew and risen by 418",
        {requests("200"): STEADY, requests("500"): "_x3600 5000+1x300 0+1x418"},
        (Expected("error_rate_count", 144_000 + 5718), Expected("error_rate", share(5718, 149_718))),
    ),
    Scenario(
        "born at 5,000 and gone before the window's end",
        {requests("200"): STEADY, requests("500", "web-1"): "_x3000 5000x300"},
        (Expected("error_rate_count", 149_000), Expected("error_rate", share(5000, 149_000))),
    ),
    Scenario(
        "born at 5,000 before the window: of another day",
        {requests("200"): STEADY, requests("500"): "_x2860 5000x1460"},
        (Expected("error_rate_count", 144_000), Expected("error_rate", 0, EXACT)),
    ),
    Scenario(
        "begun anew: 1,119 minutes until then, and 318 after it",
        {requests("200"): "0+100x4000 0+100x319"},
        (Expected("error_rate_count", 143_800), Expected("error_rate", 0, EXACT)),
    ),
    Scenario(
        "relabelled: the instance of a new release begins at 40, where the old one ends",
        {requests("200"): "0+100x3600", requests("200", "web-9"): "_x3601 40+100x719"},
        (Expected("error_rate_count", 143_840), Expected("error_rate", 0, EXACT)),
    ),
    Scenario(
        "not scraped for five hours about the window's beginning: what goes on is not born",
        {requests("200"): "0+100x2700 _x300 300100+100x1319", requests("500"): "0+1x2700 _x300 3001+1x1319"},
        (Expected("error_rate_count", 1320 * 101), Expected("error_rate", share(1, 101))),
    ),
    Scenario(
        "a store that begins within the window: what was counted before it is of no known day",
        {requests("200"): "_x3721 900000+100x599", requests("500"): "_x3721 70000+1x599"},
        (
            Expected("error_rate_count", 600 * 101),
            Expected("error_rate", share(1, 101)),
            Expected("error_rate_looks", 120, 0.01),
        ),
    ),
    Scenario(
        "samples of thirteen hours",
        {requests("200"): "_x3541 0+100x779", requests("500"): "_x3541 0+1x779"},
        (Expected("error_rate_looks", 156, 0.01), Expected("error_rate", share(1, 101))),
    ),
    Scenario(
        "series of others: another job, another component",
        {
            requests("200"): STEADY,
            requests("500", job="shop"): "0+900x4320",
            requests("500", component="image-optimizer"): "0+900x4320",
        },
        (Expected("error_rate_count", 144_000), Expected("error_rate", 0, EXACT)),
    ),
    Scenario(
        "a status that says nothing",
        {requests("200"): STEADY, requests("failed"): "0+50x4320"},
        (Expected("error_rate_unknown", 72_000), Expected("error_rate_count", 216_000)),
    ),
    Scenario(
        "images of one worker that does not tell the result of its own",
        {image("success"): STEADY, image("failure"): "0+5x4320", image("", "worker-1"): "0+50x4320"},
        (
            Expected("image_success_unknown", 72_000),
            Expected("image_success_count", 144_000 + 7_200 + 72_000),
            Expected("image_success", share(100, 105)),
        ),
    ),
    Scenario(
        "images whose result nobody tells: neither all nor none were processed",
        {image(""): STEADY},
        (Expected("image_success_unknown", 144_000), Expected("image_success", None)),
    ),
    Scenario(
        "nothing at all",
        {},
        tuple(
            Expected(key, None)
            for key in (
                "error_rate",
                "error_rate_count",
                "error_rate_looks",
                "response_time",
                "response_time_count",
                "response_time_looks",
                "response_time_buckets",
                "availability",
                "availability_count",
                "availability_looks",
                "image_success",
                "image_success_count",
                "image_success_looks",
                "cache_hit_rate",
                "cache_hit_rate_count",
                "cache_hit_rate_looks",
                "newest_sample",
                "scraped",
                "scraped_series",
                "standing",
                "standing_images",
                "falling",
                "untold",
                "untimed",
            )
        ),
    ),
    Scenario(
        "times: 90 of 100 within half a second, all within two; another job's are slower",
        {
            bucket("0.5"): "0+90x4320",
            bucket("2"): "0+100x4320",
            bucket("+Inf"): "0+100x4320",
            bucket("0.5", job="shop"): "0x4320",
            bucket("+Inf", job="shop"): "0+9000x4320",
        },
        (
            Expected("response_time", 0.5 + 1.5 * 5 / 10),
            Expected("response_time_quantile", 0.5 * 50 / 90),
            Expected("response_time_count", 144_000),
            Expected("response_time_looks", 288, EXACT),
            Expected("response_time_buckets", 129_600, labels='{le="0.5"}'),
            Expected("newest_sample", END * INTERVAL, EXACT),
        ),
    ),
    Scenario(
        "times: an instance comes back with 40,000 requests that took between half a second and ten",
        {
            bucket("0.5"): STEADY,
            bucket("10"): STEADY,
            bucket("+Inf"): STEADY,
            bucket("0.5", "web-1"): "_x3600 0x720",
            bucket("10", "web-1"): "_x3600 40000x720",
            bucket("+Inf", "web-1"): "_x3600 40000x720",
        },
        (
            Expected("response_time_count", 184_000),
            # Rank 174,800 is the 30,800th of the 40,000.
            Expected("response_time", 0.5 + 9.5 * 30_800 / 40_000),
        ),
    ),
    Scenario(
        "images: three of a hundred fail, and a worker begins with 50 failures",
        {
            image("success"): "0+97x4320",
            image("failure"): "0+3x4320",
            image("failure", "worker-1"): "_x4000 50x320",
            'image_optimization_duration_seconds_bucket{job="portfolio",format="webp",le="0.25"}': "0+50x4320",
            'image_optimization_duration_seconds_bucket{job="portfolio",format="webp",le="1"}': "0+100x4320",
            'image_optimization_duration_seconds_bucket{job="portfolio",format="webp",le="+Inf"}': "0+100x4320",
        },
        (
            Expected("image_success_count", 144_050),
            Expected("image_success", share(97 * 1440, 144_050)),
            Expected("image_success_looks", 288, EXACT),
            Expected("image_time_quantile", 0.25),
        ),
    ),
    Scenario(
        "the cache: 90 of 100 reads hit; Redis is restarted, and another Redis is beside it",
        {
            redis("redis_keyspace_hits_total"): "0+90x3600 0+90x719",
            redis("redis_keyspace_misses_total"): "0+10x3600 0+10x719",
            redis("redis_memory_used_bytes"): "1000x3600 500x719",
            redis("redis_keyspace_hits_total", "other"): STEADY,
            redis("redis_keyspace_misses_total", "other"): STEADY,
            redis("redis_memory_used_bytes", "other"): "9000x4320",
        },
        (
            Expected("cache_hit_rate_count", 143_800),
            Expected("cache_hit_rate", 90, 1e-6),
            Expected("cache_hit_rate_looks", 288, EXACT),
            Expected("redis_memory", 1000, EXACT),
        ),
    ),
    Scenario(
        "the website down for 43 of 1,440 minutes, ten other sites beside it up",
        {probe(OWN): "1x3999 0x42 1x277", probe(OWN, "nyc3"): "1x3999 0x42 1x277", **OTHERS},
        (
            Expected("availability", share(1440 - 43, 1440), EXACT),
            Expected("availability_count", 2880, EXACT),
            Expected("availability_looks", 288, EXACT),
        ),
    ),
    Scenario(
        "the website itself half down, as of two kinds of probes only one can see",
        {probe(OWN): "1x3600 0x719", probe(OWN, job="blackbox-icmp"): "1x4320"},
        (Expected("availability", 50, EXACT),),
    ),
    Scenario(
        "the same two kinds of probes within one job, as by a label of the blackbox exporter's module",
        {
            probe(OWN, more=',module="http_2xx"'): "1x3600 0x719",
            probe(OWN, more=',module="tcp_connect"'): "1x4320",
        },
        (Expected("availability", 50, EXACT), Expected("availability_looks", 288, EXACT)),
    ),
    Scenario(
        "one of two places stops probing in the middle of the day",
        {probe(OWN): "1x4320", probe(OWN, "nyc3"): "1x3601 _x719"},
        (Expected("availability_looks", (288 + 145) / 2, EXACT), Expected("availability", 100, EXACT)),
    ),
    Scenario(
        "a second place begins to probe in the middle of the day",
        {probe(OWN): "1x4320", probe(OWN, "nyc3"): "_x3601 1x718"},
        (Expected("availability_looks", 288, EXACT),),
    ),
    Scenario(
        "the probes have another job since the middle of the day",
        {probe(OWN): "1x3601 _x719", probe(OWN, job="probes"): "_x3602 1x718"},
        (Expected("availability_looks", 288, EXACT),),
    ),
    Scenario("nobody probes the website", dict(OTHERS), (Expected("availability", None),)),
    Scenario(
        "one of two instances does not answer its scrapes for half of the day",
        {
            'up{job="portfolio",instance="web-0"}': "1x4320",
            'up{job="portfolio",instance="web-1"}': "1x3600 0x719",
            'up{job="shop",instance="shop-0"}': "0x4320",
        },
        (Expected("scraped", 50, EXACT),),
    ),
    Scenario(
        "two processes of an instance answer its scrapes in turn",
        {
            requests("200"): "0+100x4320",
            requests("200", "web-1"): " ".join(f"{1000 * turn} {800 * turn}" for turn in range(2160)),
        },
        (Expected("falling", 1, EXACT),),
    ),
    Scenario(
        "the histogram of one of two instances is a native one since yesterday evening",
        {
            requests("200"): "0+100x4320",
            requests("200", "web-1"): "0+100x4320",
            bucket("+Inf"): "0+100x4320",
            bucket("+Inf", "web-1"): "0+100x3600 _x720",
        },
        (Expected("untimed", 1, EXACT), Expected("untold", None)),
    ),
    Scenario(
        "nothing is counted by one of two instances any more, which is scraped, and by a third, which is not",
        {
            'up{job="portfolio",instance="web-0"}': "1x4320",
            'up{job="portfolio",instance="web-1"}': "1x4320",
            'up{job="portfolio",instance="web-2"}': "1x3600 0x720",
            requests("200"): "0+100x4320",
            requests("200", "web-1"): "0+100x3600 _x720",
            requests("200", "web-2"): "0+100x3600 _x720",
        },
        (Expected("untold", 1, EXACT), Expected("untimed", None)),
    ),
    Scenario(
        "no image is counted any more since four hours, and a second worker was idle before",
        {
            image("success"): f"0+10x{8 * DAY - 240} {10 * (8 * DAY - 240)}x239",
            image("success", "worker-1"): f"5x{8 * DAY}",
        },
        (Expected("standing_images", 1, EXACT),),
        end=8 * DAY,
    ),
    Scenario(
        "images are counted as ever, and one of two workers has stopped",
        {
            image("success"): f"0+10x{8 * DAY}",
            image("success", "worker-1"): f"0+10x{8 * DAY - 240} {10 * (8 * DAY - 240)}x239",
        },
        (Expected("standing_images", None),),
        end=8 * DAY,
    ),
    Scenario(
        "an instance is restarted twice",
        {requests("200"): "0+100x4100 0+100x109 0+100x109"},
        (Expected("falling", None),),
    ),
    Scenario(
        "the scrapes of a component are not those of the others, in jobs of their own or in one",
        {
            'up{job="portfolio",instance="web-0",component="web"}': "1x4320",
            'up{job="portfolio",instance="web-1",component="web"}': "1x3600 0x719",
            'up{job="portfolio",instance="worker-0",component="worker"}': "1x4320",
            'up{job="portfolio",instance="worker-1",component="worker"}': "1x4320",
            'up{job="optimizer",instance="optimizer-0",component="optimizer"}': "1x4320",
        },
        (Expected("scraped", 50, EXACT, selector='component=~"web|worker|optimizer"'),),
    ),
    Scenario(
        "the scrapes of a component whose instances follow each other",
        {
            'up{job="portfolio",instance="web-0",component="web"}': "1x4320",
            'up{job="portfolio",instance="web-1",component="web"}': "1x4320",
            'up{job="portfolio",instance="worker-0",component="worker"}': "_x2879 1x359 0x360",
            'up{job="portfolio",instance="worker-1",component="worker"}': "_x3599 0x359 1x360",
        },
        (Expected("scraped", 50, 0.01, selector='component=~"web|worker"'),),
    ),
    *(
        Scenario(
            f"instances by service discovery, 8 days: {name}",
            {
                f'up{{job="portfolio",instance="{instance}",component="{instance[:-2]}"}}': notation
                for instance, notation in series.items()
            },
            (
                Expected("scraped", 100, EXACT),
                *(
                    Expected(
                        "scraped",
                        value,
                        EXACT,
                        labels=f'{{component="{component}",job="portfolio",of="the usual instances"}}',
                    )
                    for component, value in fewer.items()
                ),
            ),
            end=8 * DAY,
        )
        for name, series, fewer in (
            ("as many as ever", {"web-0": ALL, "web-1": ALL}, {}),
            ("one of three is gone", {"web-0": ALL, "web-1": ALL, "web-2": UNTIL_NOON}, {"web": 200 / 3}),
            ("all of one component are gone", {"web-0": ALL, "opt-0": UNTIL_NOON}, {"opt": 0}),
            ("releases rename them", {"web-0": UNTIL_NOON, "web-1": ALL, "web-2": SINCE_NOON}, {}),
            ("one is new", {"web-0": ALL, "web-1": SINCE_NOON}, {}),
            ("one is scaled at night", {"web-0": ALL, "web-1": AT_NIGHT}, {}),
            ("a job that runs at times", {"web-0": ALL, "job-0": AT_NIGHT}, {}),
            ("fewer since the day before yesterday", {"web-0": ALL, "web-1": f"1x{6 * DAY} _x{2 * DAY - 1}"}, {}),
            ("a week has not passed", {"web-0": f"_x{5 * DAY} 1x{3 * DAY - 1}", "web-1": HALF_A_WEEK}, {}),
            ("half an hour without one", {"web-0": ALL, "web-1": f"1x{8 * DAY - 20} _x19"}, {}),
        )
    ),
    Scenario(
        "up has none of the labels that the selector names: the scrapes of what has the application's series",
        {
            requests("200", "10.0.0.1:80"): STEADY,
            requests("200", "10.0.0.2:80"): "0+100x3600 _x719",
            'up{job="portfolio",instance="10.0.0.1:80"}': "1x4320",
            'up{job="portfolio",instance="10.0.0.2:80"}': "1x3600 0x719",
            'up{job="portfolio",instance="10.0.0.3:80"}': "0x4320",
            'up{job="shop",instance="10.0.0.1:80"}': "0x4320",
        },
        (Expected("scraped_series", 50, EXACT, selector='component="portfolio-web"'),),
    ),
    Scenario(
        "containers: the busiest instance counts, and all of them together",
        {
            'container_cpu_usage_percent{job="portfolio",component="web",instance="web-0"}': "40x4320",
            'container_cpu_usage_percent{job="portfolio",component="web",instance="web-1"}': "60x4320",
            'container_cpu_usage_percent{job="shop",component="web",instance="shop-0"}': "99x4320",
            'container_memory_usage_bytes{job="portfolio",component="web",instance="web-0"}': "256x4320",
            'container_spec_memory_limit_bytes{job="portfolio",component="web",instance="web-0"}': "1024x4320",
            'container_fs_usage_bytes{job="portfolio",component="web",instance="web-0"}': "512x4320",
            'container_fs_limit_bytes{job="portfolio",component="web",instance="web-0"}': "1024x4320",
        },
        (
            Expected("component_cpu", 60, EXACT, '{component="web"}'),
            Expected("component_cpu_total", 100, EXACT, '{component="web"}'),
            Expected("component_memory", 25, EXACT, '{component="web"}'),
            Expected("component_storage", 50, EXACT, '{component="web"}'),
        ),
    ),
)
