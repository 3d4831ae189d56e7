"""Image optimisation: what is posted, and how the result is judged."""

import io
import time
from datetime import UTC, datetime

import msgspec
import pytest
from PIL import Image

from checks.images import test_images as checks
from playbook.clients.http import HttpClient
from playbook.clients.web import ImageApi, image_api
from playbook.core.clock import FixedClock
from playbook.core.errors import Denied, Unreachable, UsageError
from playbook.core.verdict import Verdict
from playbook.measure.images import images
from playbook.measure.images.images import optimization
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.judged import judged
from tests.project import ROOT
from tests.unit.loopback import answer, hang_up, serve

CLOCK = FixedClock(datetime(2026, 3, 2, 8, 0, tzinfo=UTC))
SIZE = (600, 400)  # of the sample
SAMPLE = ROOT / "playbook" / "data" / "sample.jpg"


def picture(kind="WEBP", size=SIZE, *, turned=False, **options):
    """The sample photograph in the given format and size; turned as the second one is to be shown."""
    data = io.BytesIO()
    with Image.open(SAMPLE) as opened:
        sized = opened.resize(size)
        (sized.rotate(180) if turned else sized).save(data, kind, **options)
    return data.getvalue()


@pytest.fixture
def settings(tmp_path):
    """A target without a configuration file."""
    return load("production", root=tmp_path, environment={"PRODUCTION_URL": "http://localhost"})


def api_of(server):
    client = HttpClient(server.url, service="Website", time_limits=TimeLimits(connect=30, read=30))
    return ImageApi(client, "/api/image/optimize")


def with_web(settings, **changes):
    web = msgspec.structs.replace(settings.target.web, **changes)
    return msgspec.structs.replace(settings, target=msgspec.structs.replace(settings.target, web=web))


def measured(settings, *bodies, status="200 OK", **headers):
    with serve(*(answer(status, body, **{"Content_Type": "image/webp", **headers}) for body in bodies)) as server:
        return optimization(api_of(server), settings, CLOCK)


@pytest.mark.parametrize(
    ("kind", "declared"), [("WEBP", "webp"), ("AVIF", "avif"), ("JPEG", "jpeg"), ("PNG", "png")]
)
def test_smaller_picture_of_the_same_shape_is_valid(kind, declared, settings):
    """In any format that browsers show, also scaled down to the configured width."""
    for size, width in ((SIZE, None), ((300, 200), 300), (SIZE, 1200)):
        body, begin = picture(kind, size, quality=75), time.perf_counter()
        result = measured(
            with_web(settings, optimized_width=width), body, Content_Type=f"image/{declared}; q=1", X_Cache="MISS"
        )
        assert result.is_valid, result.summary
        assert result.result
        assert (result.result.format, result.result.width, result.result.height) == (kind, *size)
        assert result.coverage.words == "2 photographs, compared tile by tile"
        assert kind == "PNG" or 50 < result.saving.value < 100
        assert 0 < result.time.value < time.perf_counter() - begin
        assert result.evidence().facts["X-Cache"] == "MISS"


@pytest.mark.parametrize(
    ("make", "headers", "problem"),
    [
        (lambda: b"<html>", {}, "6 bytes that are not an image"),
        (lambda: b"", {}, "0 bytes that are not an image"),
        (lambda: picture()[:900], {}, "900 bytes that cannot be decoded: "),
        (
            lambda: picture("JPEG")[:-900],
            {"Content_Type": "image/jpeg"},
            "bytes that cannot be decoded: image file is truncated",
        ),
        (lambda: picture("GIF"), {"Content_Type": "image/gif"}, "which is not one of AVIF, WEBP, JPEG, PNG"),
        (lambda: picture("JPEG"), {}, "declared as image/webp"),
        (lambda: picture(size=(400, 600)), {}, "WEBP 400 × 600, "),
        (lambda: picture(size=(300, 100)), {}, "for an original of 600 × 400"),
        (lambda: picture(size=(1200, 800)), {}, "for an original of 600 × 400"),
        (lambda: picture(size=(300, 200)), {}, "for an original of 600 × 400"),
        (lambda: picture(size=(1, 1)), {}, "for an original of 600 × 400"),
    ],
    ids=[
        "html",
        "empty",
        "cut-webp",
        "cut-jpeg",
        "gif",
        "wrong-type",
        "turned",
        "cropped",
        "enlarged",
        "halved",
        "dot",
    ],
)
def test_result_that_cannot_replace_the_original_is_reported(make, headers, problem, settings):
    """The bytes are fully decoded; the header alone is not trusted."""
    result = measured(settings, make(), **headers)
    assert not result.is_valid
    assert problem in result.summary


def test_larger_result_has_a_negative_saving(settings):
    """It is valid, and judged by the limit."""
    result = measured(settings, picture("PNG") + b"\0" * 300_000, Content_Type="image/png")
    assert result.is_valid
    assert result.saving.value < -100


def test_error_status_is_a_result(settings):
    """With the beginning of the response."""
    result = measured(settings, b'{"error":"image could not be processed"}', status="500 Error")
    assert result.summary == 'HTTP 500: {"error":"image could not be processed"}'
    assert result.saving.value == 0
    with pytest.raises(Denied):
        measured(settings, b"", status="403 Forbidden")


def test_form_holds_the_sample_in_new_bytes(settings):
    """A cached response would say nothing about the optimiser."""
    with serve(answer(body=picture(), Content_Type="image/webp")) as server:
        optimization(api_of(server), settings, CLOCK)
        optimization(api_of(server), settings, FixedClock(datetime(2026, 3, 3, 8, 0, tzinfo=UTC)))
    assert server.requests[0].startswith(b"POST /api/image/optimize HTTP/1.1\r\n")
    images = []
    for request in server.requests:
        head, _, body = request.partition(b"\r\n\r\n")
        boundary = head.split(b"boundary=")[1].split(b"\r\n")[0]
        part = body.removeprefix(b"--" + boundary + b"\r\n").removesuffix(b"\r\n--" + boundary + b"--\r\n")
        part_head, _, image = part.partition(b"\r\n\r\n")
        assert b'form-data; name="image"; filename="sample.jpg"' in part_head
        assert b"Content-Type: image/jpeg" in part_head
        with Image.open(io.BytesIO(image)) as opened:
            opened.load()
            assert opened.size == SIZE
        images.append(image)
    assert images[0] != images[1]


@pytest.mark.parametrize("first", [hang_up, answer("503 Busy")], ids=["lost", "busy"])
def test_failing_post_is_not_repeated(first, settings):
    """Whatever happens to it."""
    with serve(first, answer(body=picture(), Content_Type="image/webp")) as server:
        result = optimization(api_of(server), settings, CLOCK)
        assert result.status == (None if first is hang_up else 503)
        assert len(result.attempts) == 1
    assert sum(request.startswith(b"POST") for request in server.requests) == 1


def test_endpoint_without_an_answer_has_failed_where_the_homepage_answers(settings):
    """As with BullMQ, where a request waits for a worker that hangs, or behind a process that was killed."""
    page = answer(body=b"<title>Northlight</title>", Content_Type="text/html")
    with serve(hang_up, page) as server:
        result = optimization(api_of(server), settings, CLOCK)
    verdict, message = judged(checks.test_photograph_comes_back_smaller, settings, optimization=result)
    assert verdict is Verdict.CRITICAL
    assert message.endswith("while the homepage answers")


@pytest.mark.parametrize("second", [hang_up, answer("502 Bad Gateway")], ids=["lost", "gateway"])
def test_website_that_answers_nothing_says_nothing_of_the_optimiser(second, settings):
    """Its homepage is judged by its own check, and the cause is one."""
    with serve(hang_up, second) as server, pytest.raises(Unreachable) as caught:
        optimization(api_of(server), settings, CLOCK)
    assert caught.value.attempts[0].startswith("only try, as a POST is not repeated: ")


GOOD = {"Content_Type": "image/webp"}


@pytest.mark.parametrize(
    ("second", "verdict", "posts", "said"),
    [
        (answer("500 Error", b"no workers"), Verdict.CRITICAL, 2, "HTTP 500: no workers"),
        (answer(body=b"not a picture", **GOOD), Verdict.CRITICAL, 2, "got"),
        (answer(body=picture("PNG"), Content_Type="image/png"), Verdict.CRITICAL, 2, "the largest of 2 images"),
        (hang_up, Verdict.CRITICAL, 2, "while the homepage answers"),
        (answer(body=picture(turned=True), **GOOD), Verdict.OK, 2, ""),
        (answer("429 Too Many Requests", b"slow down"), Verdict.OK, 1, ""),  # it was asked too soon
        (answer(body=picture(), X_Cache="HIT", **GOOD), Verdict.OK, 1, ""),
    ],
    ids=["error", "no-picture", "larger", "no-answer", "good", "too-many", "cached"],
)
def test_one_of_two_instances_that_fails_is_found(second, verdict, posts, said, settings):
    """A balancer hands out requests in turn: the worse result counts."""
    page = answer(body=b"<title>Northlight</title>", Content_Type="text/html")
    with serve(answer(body=picture(), **GOOD), second, page) as server:
        result = optimization(api_of(server), settings, CLOCK)
    found, message = judged(checks.test_photograph_comes_back_smaller, settings, optimization=result)
    assert (found, len(result.others) + 1) == (verdict, posts), message
    assert said in message


def test_slow_endpoint_is_posted_to_once(settings, monkeypatch):
    """It may be busy, and what it shows is enough."""
    monkeypatch.setattr(images, "_QUICK", 0.0)
    with serve(answer(body=picture(), **GOOD)) as server:
        assert not optimization(api_of(server), settings, CLOCK).others
    assert len(server.requests) == 1


def test_custom_sample_image(settings, tmp_path):
    """Any format; a file that is not an image is a usage error."""

    def with_sample(path):
        return with_web(settings, sample_image=str(path))

    own = tmp_path / 'my "photo".png'
    own.write_bytes(picture("PNG"))
    with serve(answer(body=picture(), Content_Type="image/webp")) as server:
        assert optimization(api_of(server), with_sample(own), CLOCK).is_valid
        assert b'filename="my__photo_.png"' in server.requests[0]
        assert b"tEXtComment\0operations-playbook probe 2026-03-02T08:00:00" in server.requests[0]
        assert len(server.requests) == 2
        own.write_bytes(b"hello")
        with pytest.raises(
            UsageError, match=r"web\.sample_image: expected an image, got 5 bytes that are not an image"
        ):
            optimization(api_of(server), with_sample(own), CLOCK)
        with pytest.raises(UsageError, match=r"web\.sample_image names .*, which cannot be read: No such file"):
            optimization(api_of(server), with_sample(tmp_path / "none.jpg"), CLOCK)
    assert len(server.requests) == 2


@pytest.mark.parametrize("path", ["@evil.example/", ".evil.example/", "https://evil.example/"])
def test_path_cannot_lead_to_another_host(path, settings):
    """It is the only destination of posts."""
    web = msgspec.structs.replace(settings.target.web, optimize_path=path)
    settings = msgspec.structs.replace(settings, target=msgspec.structs.replace(settings.target, web=web))
    with pytest.raises(UsageError, match=r"web\.optimize_path: expected a path"):
        image_api(HttpClient("http://localhost", service="Website"), settings)


@pytest.mark.parametrize(
    "headers",
    [
        {"X_Cache": "HIT"},
        {"X_Cache": "Hit from cloudfront"},
        {"X_Cache": "HIT, MISS"},
        {"CF_Cache_Status": "HIT"},
        {"Cache_Status": "Edge; hit; ttl=30"},
        {"X_Proxy_Cache": "TCP_HIT"},
        {"Age": "31"},
    ],
)
def test_cached_picture_says_nothing_about_the_optimiser(headers, settings):
    """However good it is: nothing was optimised."""
    result = measured(settings, picture(), **headers)
    assert result.is_valid
    assert not result.coverage.enough
    verdict, message = judged(checks.test_photograph_comes_back_smaller, settings, optimization=result)
    assert verdict is Verdict.UNKNOWN
    assert message.startswith(
        "Optimised image: expected a photograph that was optimised just now, got one from a cache"
    )


@pytest.mark.parametrize("headers", [{"X_Cache": "MISS"}, {"CF_Cache_Status": "DYNAMIC"}, {"Age": "0"}])
def test_picture_not_from_a_cache_is_ok(headers, settings):
    """Header values of a newly made picture."""
    result = measured(settings, picture(), picture(turned=True), **headers)
    assert judged(checks.test_photograph_comes_back_smaller, settings, optimization=result)[0] is Verdict.OK


def test_unchanged_bytes_are_not_optimised(settings):
    """An endpoint that returns what it gets."""

    def echo(connection):
        """Send the form's file back."""
        form = server.requests[0].partition(b"\r\n\r\n")[2]
        body = form.partition(b"\r\n\r\n")[2].rpartition(b"\r\n--")[0]
        connection.sendall(answer(body=body, Content_Type="image/jpeg"))

    with serve(echo) as server:
        result = optimization(api_of(server), settings, CLOCK)
    assert result.summary.startswith("the very 140,6")
    assert judged(checks.test_photograph_comes_back_smaller, settings, optimization=result)[0] is Verdict.CRITICAL
