"""What the checks say under the faults of image optimisation."""

from __future__ import annotations

from tests.checks.expectations.phrases import ERROR_ON_THE_SIDE, FAILING, OPTIMISED

OTHER_COLOURS = (
    r"WEBP 600 × 400, [\d,]+ bytes, that differs from the original by \d+ of 255 in (red|green|blue), "
    r"\d+ % from the left and \d+ % from the top"
)

EXPECTATIONS: dict[str, dict[str, tuple[str, str]]] = {
    "image-failures": {
        "daily.kpi.image-success": (
            "CRITICAL",
            r"Image processing success: expected at least 98 %, got 92\.[789]\d* % over 24 h \([\d,]+ images\)"
            r" \(critical < 95 %\)",
        ),
    },
    "images-slow": {
        "optimization.images.processing-time": (
            "WARNING",
            r"Mean processing time of avif: expected at most 2,000 ms, got 2,\d+(\.\d+)? ms over "
            r"24 h \([\d,]+ images\)",
        ),
    },
    "optimize-broken": {
        **dict.fromkeys(
            ("daily.probe.optimize", f"{FAILING}.dependencies"),
            ("CRITICAL", OPTIMISED % r'HTTP 500: \{"error":"image could not be processed"\}'),
        ),
        f"{FAILING}.error-patterns": ERROR_ON_THE_SIDE["daily.logs.errors"],
        **ERROR_ON_THE_SIDE,
    },
    "optimize-one-of-two": {
        **dict.fromkeys(
            ("daily.probe.optimize", f"{FAILING}.dependencies"),
            ("CRITICAL", OPTIMISED % r'HTTP 500: \{"error":"no image workers"\}'),
        ),
        f"{FAILING}.error-patterns": ERROR_ON_THE_SIDE["daily.logs.errors"],
        **ERROR_ON_THE_SIDE,
    },
    "optimize-corrupt": {
        "daily.probe.optimize": ("CRITICAL", OPTIMISED % r"[\d,]+ bytes that cannot be decoded: .+"),
    },
    "optimize-grey": {"daily.probe.optimize": ("CRITICAL", OPTIMISED % OTHER_COLOURS)},
    "optimize-dot": {
        "daily.probe.optimize": (
            "CRITICAL",
            OPTIMISED % r"WEBP 1 × 1, \d+ bytes, for an original of 600 × 400",
        ),
    },
    "optimize-another": {"daily.probe.optimize": ("CRITICAL", OPTIMISED % OTHER_COLOURS)},
    "optimize-blue": {"daily.probe.optimize": ("CRITICAL", OPTIMISED % OTHER_COLOURS)},
    "optimize-covered": {
        "daily.probe.optimize": (
            "CRITICAL",
            OPTIMISED
            % OTHER_COLOURS.replace(r"\d+ % from the left and \d+ %", r"(8|9)\d % from the left and (8|9)\d %"),
        ),
    },
    "optimize-as-stored": {
        "daily.probe.optimize": (
            "WARNING",
            r"Photograph of a camera that was held upside down: expected the picture upright, got upside down, "
            r"without the EXIF orientation that says so",
        ),
    },
    "optimize-larger-output": {
        "daily.probe.optimize": (
            "CRITICAL",
            # A busy machine is over the two seconds up to which a second image is posted.
            r"Saving by optimisation: expected at least 10 %, got -\d+\.\d+ % over "
            r"(?:the largest of 2 images|one image) \([\d,]+ → [\d,]+ bytes\) \(critical ≤ 0 %\)",
        ),
    },
    "optimize-slow": {
        "daily.probe.optimize": (
            "WARNING",
            r"Image optimisation time: expected at most 5 s, got \d+\.\d+ s over one image of \d+ KiB",
        ),
    },
}
