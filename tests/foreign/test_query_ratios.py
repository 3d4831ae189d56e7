"""Ratios whose two sides are of different times or requests, as when one side alone was changed."""

from __future__ import annotations

import pytest

from playbook.clients.prometheus_part import of_the_whole

ERRORS, AVAILABLE = "queries.error_rate", "queries.availability"
IMAGES, CACHE = "queries.image_success", "queries.cache_hit_rate"
UNLIKE = [
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..'}[24h] offset 1d))/sum(rate(h{job='a'}[24h]))",
        "one whose two sides are 24 h apart, by offset",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h{job='a'}[24h] offset 1w))",
        "one whose two sides are 168 h apart, by offset",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..'}[5m]))/sum(rate(h{job='a'}[24h]))",
        "one of two times, 5 min and 24 h",
    ),
    (
        ERRORS,
        "100*sum(increase(h{job='a',code=~'5..'}[5m]))/sum(increase(h{job='a'}[24h]))",
        "one of two times, 5 min and 24 h",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..'}[24h]))/sum(increase(h{job='a'}[24h]))",
        "one of a growth and of a rate each second, by increase and rate",
    ),
    (
        ERRORS,
        "100*sum(increase(h{job='a',code=~'5..'}[24h]))/sum(h{job='a'})",
        "one of two times, 24 h and the present",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..',path='/checkout'}[24h]))/sum(rate(h{job='a'}[24h]))",
        "one of different requests, by path in h",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..',instance='a:1'}[24h]))/sum(rate(h{job='a'}[24h]))",
        "one of different requests, by instance in h",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..',method='GET'}[24h]))/sum(rate(h{job='a'}[24h]))",
        "one of different requests, by method in h",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..',handler!='/optimize'}[24h]))/sum(rate(h{job='a'}[24h]))",
        "one of different requests, by handler in h",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h[24h]))",
        "one of different requests, by job in h",
    ),
    (
        ERRORS,
        "100*sum(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h{job='b'}[24h]))",
        "one of different requests, by job in h",
    ),
    (
        ERRORS,
        "100*sum(rate(h_errors{job='a'}[24h]))/sum(rate(h_requests{job='b'}[24h]))",
        "one of different requests, by job in h_errors",
    ),
    (
        ERRORS,
        "100*avg(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h{job='a'}[24h]))",
        "one of a sum and of avg of the series",
    ),
    (
        ERRORS,
        "100*sum(rate(h_count{job='a',code=~'5..'}[24h]))/sum(rate(h_bucket{job='a'}[24h]))",
        "one with requests that are counted in each bucket, by h_bucket",
    ),
    (
        ERRORS,
        "100*(1-sum(rate(h{job='a',code!~'5..'}[24h]))/sum(rate(h{job='a',path='/x'}[24h])))",
        "one of different requests, by path in h",
    ),
    (
        ERRORS,
        "100 - 100*sum(rate(h{job='a',code!~'5..'}[24h]))/sum(rate(h{job='a'}[24h] offset 1d))",
        "one whose two sides are 24 h apart, by offset",
    ),
    (
        ERRORS,
        "100*avg_over_time((sum(rate(h{code=~'5..',path='/a'}[5m]))/sum(rate(h[5m])))[24h:5m])",
        "one of different requests, by path in h",
    ),
    (
        AVAILABLE,
        "100*(1-sum(rate(h{job='a',code=~'5..',path='/'}[24h]))/sum(rate(h{job='a'}[24h])))",
        "one of different requests, by path in h",
    ),
    (
        AVAILABLE,
        "100 - 100*sum(increase(h{job='a',code=~'5..'}[1h]))/sum(increase(h{job='a'}[24h]))",
        "one of two times, 1 h and 24 h",
    ),
    (
        AVAILABLE,
        "100*sum(sum_over_time(probe_success{job='a'}[24h]))/sum(count_over_time(probe_success{job='a',instance='x'}[24h]))",
        "one of different requests, by instance in probe_success",
    ),
    (
        AVAILABLE,
        "100*sum(rate(h{job='a',code!~'5..'}[24h]))/sum(rate(h{job='a',path!='/x'}[24h]))",
        "one of different requests, by path in h",
    ),
    (
        AVAILABLE,
        "100*(sum(rate(h{job='a'}[24h]))-sum(rate(h{job='a',code=~'5..',path='/'}[24h])))/sum(rate(h{job='a'}[24h]))",
        "one of different requests, by path in h",
    ),
    (
        IMAGES,
        "100*sum(increase(img{result='success'}[24h]))/sum(increase(img{endpoint='/optimize'}[24h]))",
        "one of different requests, by endpoint in img",
    ),
    (
        IMAGES,
        "100*sum(increase(img{result='success'}[24h]))/sum(rate(img[24h]))",
        "one of a growth and of a rate each second, by increase and rate",
    ),
    (
        CACHE,
        "100*sum(rate(hits{job='r'}[24h]))/(sum(rate(hits{job='r',instance='a'}[24h]))+sum(rate(misses{job='r',instance='a'}[24h])))",
        "one of different requests, by instance in hits",
    ),
    (
        CACHE,
        "100*sum(increase(hits[24h]))/(sum(increase(hits[24h] offset 1d))+sum(increase(misses[24h] offset 1d)))",
        "one whose two sides are 24 h apart, by offset",
    ),
]
ALIKE = [
    (ERRORS, "100*sum(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h{job='a'}[24h]))"),
    (ERRORS, "100*sum(rate(h{job='a',code=~'5..'}[24h]))/(sum(rate(h{job='a'}[24h]))>0)"),
    (ERRORS, "(100*sum(rate(h{job='a',code=~'5..'}[24h])) or vector(0))/sum(rate(h{job='a'}[24h]))"),
    (ERRORS, "100*sum(rate(errors_total{job='a'}[24h]))/sum(rate(requests_total{job='a'}[24h]))"),
    (
        ERRORS,
        "100*sum(rate(errors_total{job='a',path='/x'}[24h]))/sum(rate(requests_total{job='a',path='/x'}[24h]))",
    ),
    (ERRORS, "100*sum(rate(h{job='a',code=~'5..',method!=''}[24h]))/sum(rate(h{job='a'}[24h]))"),
    (ERRORS, "100*sum by (job)(rate(h{code=~'5..',exception!='None'}[24h]))/sum by (job)(rate(h[24h]))"),
    (ERRORS, "100*(sum(increase(a{c='5xx'}[24h]))+sum(increase(a{c='4xx'}[24h])))/sum(increase(a[24h]))"),
    (ERRORS, "100*(sum(e{job='t'}) - sum(e{job='t'} offset 24h)) / sum(increase(a{job='t'}[24h]))"),
    (ERRORS, "100*(sum(e) - sum(e offset 24h)) / (sum(a) - sum(a offset 24h))"),
    (ERRORS, "100*sum(rate(x_count{code=~'5..'}[24h]))/sum(rate(x_bucket{le='+Inf'}[24h]))"),
    (ERRORS, "100*sum(rate(x_bucket{code=~'5..',le='+Inf'}[24h]))/sum(rate(x_bucket{le='+Inf'}[24h]))"),
    (ERRORS, "100*sum(rate(x_bucket{code=~'5..'}[24h]))/sum(rate(x_bucket[24h]))"),
    (
        ERRORS,
        "100 * avg_over_time(job:errors:rate5m{job='a'}[24h]) / avg_over_time(job:requests:rate5m{job='a'}[24h])",
    ),
    (ERRORS, "100 * avg_over_time((sum(rate(h{code=~'5..'}[5m]))/sum(rate(h[5m])))[24h:5m])"),
    (ERRORS, "100 * sum(rate(h{code=~'5..'}[24h])) / sum(job:requests:rate24h)"),
    (ERRORS, "100 - 100*sum(rate(h{job='a',code!~'5..'}[24h]))/sum(rate(h{job='a'}[24h]))"),
    (
        ERRORS,
        "100*sum(rate(haproxy_server_http_responses_total{code='5xx',proxy='web'}[24h]))/sum(rate(haproxy_server_http_responses_total{proxy='web'}[24h]))",
    ),
    (ERRORS, "100*sum(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h{job='a',path!='/healthz'}[24h]))"),
    (
        AVAILABLE,
        "100*sum(sum_over_time(probe_success{job='a'}[24h]))/sum(count_over_time(probe_success{job='a'}[24h]))",
    ),
    (
        AVAILABLE,
        "100*sum(sum_over_time(u[1d]) and on(j) present_over_time(h[1d] offset 2d))/sum(count_over_time(u[1d]))",
    ),
    (AVAILABLE, "100*(1-sum(rate(h{job='a',code=~'5..'}[24h]))/sum(rate(h{job='a'}[24h])))"),
    (AVAILABLE, "100*count(up{job='a'}==1)/count(up{job='a'})"),
    (AVAILABLE, "100*sum(avg_over_time(up{job='a'}[24h]))/count(avg_over_time(up{job='a'}[24h]))"),
    (IMAGES, "100*sum(increase(img{result='success'}[24h]))/sum(increase(img[24h]))"),
    (IMAGES, "100*sum(increase(img{result='success',endpoint='/o'}[24h]))/sum(increase(img{endpoint='/o'}[24h]))"),
    (CACHE, "100*sum(rate(hits[24h]))/(sum(rate(hits[24h]))+sum(rate(misses[24h])))"),
    (CACHE, "100*hits/(hits+misses)"),
    (CACHE, "100*sum(rate(hits{cache='a'}[24h]))/sum(rate(requests{cache='a'}[24h]))"),
]


@pytest.mark.parametrize(("setting", "query", "got"), UNLIKE)
def test_ratio_of_two_different_things_says_nothing(setting, query, got):
    """It is good on the worst day."""
    (part,) = of_the_whole(setting, query).parts
    assert (part.expected, part.got) == (f"a ratio of what belongs together from {setting}", got)


@pytest.mark.parametrize(("setting", "query"), ALIKE)
def test_ratio_of_what_belongs_together_is_understood(setting, query):
    """Also where a side has more than one term, or is better for being different."""
    assert of_the_whole(setting, query).enough
