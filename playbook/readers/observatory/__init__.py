"""Security headers, graded as Mozilla's HTTP Observatory does: functions from an answer to results and points.

From https://github.com/mdn/mdn-http-observatory and
https://developer.mozilla.org/en-US/observatory/docs/tests_and_scoring. Omitted is what needs lists that change
every day: whether a site is in the browsers' HSTS preload list, which could only add five points.
"""
