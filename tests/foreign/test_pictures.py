"""Real answers of image services to a photograph, with the check's verdict."""

import io
from functools import partial

import msgspec
import pytest
from PIL import Image, ImageOps

from checks.images import test_images as checks
from playbook.core.verdict import Verdict
from playbook.settings.loading import load
from tests.judged import judged
from tests.project import ROOT
from tests.unit.loopback import answer, serve
from tests.unit.measure.images.test_images import CLOCK, api_of, optimization

SAMPLE = ROOT / "playbook" / "data" / "sample.jpg"
OK, WARNING, CRITICAL, UNKNOWN = Verdict.OK, Verdict.WARNING, Verdict.CRITICAL, Verdict.UNKNOWN


def photograph(kind, change=lambda picture: picture, *, turned=False, **options):
    """The sample in another format; turned as the second one, which is stored upside down, is to be shown."""
    with Image.open(SAMPLE) as opened:
        picture = opened.convert("RGB")
    changed = change(picture.rotate(180) if turned else picture)
    data = io.BytesIO()
    changed.save(data, kind, **options)
    return data.getvalue()


def exif(orientation):
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags


def half(picture):
    return picture.resize((300, 200), Image.Resampling.LANCZOS)


# The service, its status, type, body (or what makes it) and further headers; the check's result.
ANSWERS = {
    "sharp-webp-80": ("200 OK", "image/webp", partial(photograph, "WEBP", quality=80, method=4), {}, OK),
    "sharp-avif-50": ("200 OK", "image/avif", partial(photograph, "AVIF", quality=50), {"Vary": "Accept"}, OK),
    "mozjpeg-75": (
        "200 OK",
        "image/jpeg",
        partial(photograph, "JPEG", quality=75, progressive=True, optimize=True),
        {},
        OK,
    ),
    "jpeg-by-its-other-name": ("200 OK", "image/jpg", partial(photograph, "JPEG", quality=75), {}, OK),
    "webp-as-jpg": ("200 OK", "image/jpg", partial(photograph, "WEBP", quality=75), {}, CRITICAL),
    "imagemagick-strip-quality-30": ("200 OK", "image/jpeg", partial(photograph, "JPEG", quality=30), {}, OK),
    "cloudflare-past-its-cache": (
        "200 OK",
        "image/webp",
        partial(photograph, "WEBP", quality=85),
        {"CF_Cache_Status": "DYNAMIC", "Cf_Resized": "internal=ok/m q=0 n=11+34 c=0+34 v=2025.1.3 l=31000"},
        OK,
    ),
    "cloudflare-from-its-cache": (
        "200 OK",
        "image/webp",
        partial(photograph, "WEBP", quality=85),
        {"CF_Cache_Status": "HIT", "Age": "812"},
        UNKNOWN,
    ),
    "cloudfront-from-its-cache": (
        "200 OK",
        "image/webp",
        partial(photograph, "WEBP", quality=85),
        {"X_Cache": "RefreshHit from cloudfront"},
        UNKNOWN,
    ),
    "fastly-from-its-cache": (
        "200 OK",
        "image/webp",
        partial(photograph, "WEBP", quality=85),
        {"X_Cache": "MISS, HIT", "X_Served_By": "cache-fra-1, cache-fra-2"},
        UNKNOWN,
    ),
    "nginx-stale": ("200 OK", "image/webp", partial(photograph, "WEBP"), {"X_Cache_Status": "STALE"}, UNKNOWN),
    "squid-memory-hit": (
        "200 OK",
        "image/webp",
        partial(photograph, "WEBP"),
        {"X_Cache": "TCP_MEM_HIT from a"},
        UNKNOWN,
    ),
    "imgproxy-fallback-image": (
        "200 OK",
        "image/png",
        partial(photograph, "PNG", lambda picture: Image.new("RGB", picture.size, (240, 240, 240))),
        {},
        CRITICAL,
    ),
    "placeholder-pixel-gif": (
        "200 OK",
        "image/gif",
        partial(photograph, "GIF", lambda p: p.resize((1, 1))),
        {},
        CRITICAL,
    ),
    "thumbor-sized-by-default": ("200 OK", "image/jpeg", partial(photograph, "JPEG", half), {}, CRITICAL),
    "opencv-bgr": (
        "200 OK",
        "image/jpeg",
        partial(photograph, "JPEG", lambda picture: Image.merge("RGB", picture.split()[::-1])),
        {},
        CRITICAL,
    ),
    "orientation-applied-and-kept": (
        "200 OK",
        "image/jpeg",
        partial(photograph, "JPEG", exif=exif(3)),
        {},
        CRITICAL,
    ),
    "orientation-kept-unapplied": (
        "200 OK",
        "image/jpeg",
        partial(photograph, "JPEG", lambda picture: picture.rotate(180), exif=exif(3)),
        {},
        OK,
    ),
    "cmyk-for-print": (
        "200 OK",
        "image/jpeg",
        partial(photograph, "JPEG", lambda p: p.convert("CMYK")),
        {},
        CRITICAL,
    ),
    "greyscale": ("200 OK", "image/jpeg", partial(photograph, "JPEG", ImageOps.grayscale), {}, CRITICAL),
    "low-quality-image-placeholder": (
        "200 OK",
        "image/webp",
        partial(photograph, "WEBP", lambda picture: picture.resize((20, 13)).resize(picture.size, 3)),
        {},
        CRITICAL,
    ),
    "type-of-the-upload": ("200 OK", "image/jpeg", partial(photograph, "WEBP"), {}, CRITICAL),
    "octet-stream": ("200 OK", "application/octet-stream", partial(photograph, "WEBP"), {}, CRITICAL),
    "no-type": ("200 OK", "", partial(photograph, "WEBP"), {}, CRITICAL),
    "html-from-a-proxy": (
        "200 OK",
        "text/html",
        b"<html><body><h1>502 Bad Gateway</h1></body></html>",
        {},
        CRITICAL,
    ),
    "html-named-an-image": ("200 OK", "image/webp", b"<!DOCTYPE html><title>Sign in</title>", {}, CRITICAL),
    "json-error-with-200": ("200 OK", "application/json", b'{"success":false,"error":"queue full"}', {}, CRITICAL),
    "svg-of-an-error": (
        "200 OK",
        "image/svg+xml",
        b'<svg xmlns="http://www.w3.org/2000/svg"><text>Error</text></svg>',
        {},
        CRITICAL,
    ),
    "warning-of-php-behind-it": (
        "200 OK",
        "image/webp",
        lambda **turned: (
            photograph("WEBP", quality=80, **turned)
            + b"\n<br /><b>Warning</b>: imagedestroy(): x in /srv/o.php on line 9"
        ),
        {},
        CRITICAL,
    ),
    "error-behind-a-jpeg": (
        "200 OK",
        "image/jpeg",
        lambda **turned: photograph("JPEG", quality=75, **turned) + b"Fatal error: Uncaught TypeError: x",
        {},
        CRITICAL,
    ),
    "newline-behind-it": (
        "200 OK",
        "image/jpeg",
        lambda **turned: photograph("JPEG", quality=75, **turned) + b"\r\n",
        {},
        OK,
    ),
    "gain-map-behind-it": (
        "200 OK",
        "image/jpeg",
        lambda **turned: photograph("JPEG", quality=75, **turned) + photograph("JPEG", half, quality=30),
        {},
        OK,
    ),
    "no-content": ("204 No Content", "", b"", {}, CRITICAL),
    "accepted-for-later": ("202 Accepted", "application/json", b'{"job":"a1b2"}', {}, CRITICAL),
    "gateway-time-out": ("504 Gateway Timeout", "text/html", b"<h1>504</h1>", {}, CRITICAL),
    "larger-than-sent": ("200 OK", "image/png", partial(photograph, "PNG"), {}, CRITICAL),
}


@pytest.fixture
def settings(tmp_path):
    """A target without a settings file."""
    return load("production", root=tmp_path, environment={"PRODUCTION_URL": "http://localhost"})


@pytest.mark.parametrize("case", ANSWERS.values(), ids=ANSWERS)
def test_answer_of_a_real_service_has_its_verdict(case, settings):
    """OK only for the picture that was sent."""
    status, kind, body, headers, verdict = case
    bodies = [body, body] if isinstance(body, bytes) else [body(), body(turned=True)]
    sent = {"Content_Type": kind} if kind else {}
    with serve(*(answer(status, one, **sent, **headers) for one in bodies)) as server:
        found = optimization(api_of(server), settings, CLOCK)
    assert judged(checks.test_photograph_comes_back_smaller, settings, optimization=found)[0] is verdict


def test_service_with_its_own_width_is_ok_where_configured(settings):
    """As in the defaults of thumbor and imgix."""
    web = msgspec.structs.replace(settings.target.web, optimized_width=300)
    settings = msgspec.structs.replace(settings, target=msgspec.structs.replace(settings.target, web=web))
    bodies = photograph("JPEG", half), photograph("JPEG", half, turned=True)
    with serve(*(answer("200 OK", one, Content_Type="image/jpeg") for one in bodies)) as server:
        found = optimization(api_of(server), settings, CLOCK)
    assert judged(checks.test_photograph_comes_back_smaller, settings, optimization=found)[0] is OK


@pytest.mark.parametrize(
    ("second", "verdict"),
    [
        # sharp().webp() without rotate(), and thumbor without RESPECT_ORIENTATION: no metadata, and not turned
        (partial(photograph, "WEBP", quality=80), WARNING),
        # imgproxy's auto_rotate, ImageMagick's -auto-orient
        (partial(photograph, "WEBP", quality=80, turned=True), OK),
        # sharp().keepMetadata(), mozjpeg behind jpegtran -copy all
        (partial(photograph, "WEBP", quality=80, exif=exif(3)), OK),
        # turned, and turned again by every browser
        (partial(photograph, "WEBP", quality=80, turned=True, exif=exif(3)), WARNING),
        (partial(photograph, "WEBP", lambda picture: picture.rotate(90, expand=True)), CRITICAL),
        (partial(photograph, "WEBP", ImageOps.mirror), CRITICAL),
    ],
    ids=["dropped", "turned", "kept", "twice", "to-the-side", "mirrored"],
)
def test_photograph_is_turned_as_its_camera_was_held(second, verdict, settings):
    """Telephones store most photographs as the sensor lies, with an orientation in their EXIF."""
    bodies = photograph("WEBP", quality=80), second()
    with serve(*(answer("200 OK", one, Content_Type="image/webp") for one in bodies)) as server:
        found = optimization(api_of(server), settings, CLOCK)
    said, message = judged(checks.test_photograph_comes_back_smaller, settings, optimization=found)
    assert said is verdict, message
    sent = server.requests[1].partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[2]
    with Image.open(io.BytesIO(sent)) as opened:
        assert opened.getexif()[0x0112] == 3


def test_photograph_with_an_orientation_of_its_own_is_sent_as_it_is(settings, tmp_path):
    own = tmp_path / "own.jpg"
    own.write_bytes(photograph("JPEG", quality=95, exif=exif(6)))
    web = msgspec.structs.replace(settings.target.web, sample_image=str(own))
    settings = msgspec.structs.replace(settings, target=msgspec.structs.replace(settings.target, web=web))
    body = photograph("WEBP", lambda picture: picture.rotate(-90, expand=True), quality=80)
    with serve(answer("200 OK", body, Content_Type="image/webp")) as server:
        found = optimization(api_of(server), settings, CLOCK)
    assert judged(checks.test_photograph_comes_back_smaller, settings, optimization=found)[0] is OK
    assert len(server.requests) == 2
