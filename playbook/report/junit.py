"""junit.xml from the results, for CI systems.

CRITICAL is a failure, UNKNOWN an error, NOT CONFIGURED and WAIVED are skipped, WARNING passes with its message.
Each has its verdict, as ``type`` or before its message, and its item in its text: the schema of Jenkins' xUnit
plugin (junit-10.xsd) has no properties of a test case, and GitLab shows an element's text, not its attributes.
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from playbook.core.record import Record, Results
from playbook.core.verdict import Verdict
from playbook.core.wording import without_code_marks
from playbook.report.words import MOST_CHARACTERS, clip

# Characters that XML 1.0 cannot contain, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(results: Results) -> bytes:
    """The document, UTF-8, with one testsuite."""
    records = results.records
    suite = Element(
        "testsuite",
        name=f"{results.target} {results.set}",
        tests=str(len(records)),
        failures=str(_count(records, Verdict.CRITICAL)),
        errors=str(_count(records, Verdict.UNKNOWN)),
        skipped=str(_count(records, Verdict.NOT_CONFIGURED, Verdict.WAIVED)),
        time=f"{results.seconds:.3f}",
        timestamp=results.started.rstrip("Z"),
    )
    properties = SubElement(suite, "properties")
    told = {"target": results.target, "set": results.set, "verdict": results.verdict, "ended": results.ended}
    for name, value in {**told, **results.versions}.items():
        SubElement(properties, "property", name=_clean(name), value=_clean(str(value)))
    for record in records:
        suite.append(_case(record))
    root = Element("testsuites")
    root.append(suite)
    indent(root)
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _case(record: Record) -> Element:
    path, _, name = record.check.partition("::")
    case = Element(
        "testcase",
        classname=_clean(path.removesuffix(".py").replace("/", ".")),
        name=_clean(name or record.item),
        time=f"{record.seconds:.3f}",
    )
    message = _clean(record.message)
    match record.verdict:
        case Verdict.CRITICAL:
            SubElement(case, "failure", type="CRITICAL", message=message).text = _text(record)
        case Verdict.UNKNOWN:
            SubElement(case, "error", type="UNKNOWN", message=message).text = _text(record)
        case Verdict.NOT_CONFIGURED | Verdict.WAIVED:
            text = _clean(f"{record.message}\nItem: {record.item}")
            SubElement(case, "skipped", type=str(record.verdict), message=message).text = text
        case _:
            text = _clean(f"{record.verdict}: {record.message}\nItem: {record.item}")
            SubElement(case, "system-out").text = text
    return case


def _text(record: Record) -> str:
    lines = {
        "Item": record.item,
        "Expected": record.expected,
        "Found": record.found or record.message,
        "Seen": record.coverage,
        "Why it matters": record.why,
        "Next step": without_code_marks(record.next_step),
        "Look again": record.look_again,
    }
    return _clean("\n".join(f"{name}: {text}" for name, text in lines.items() if text))


def _count(records: list[Record], *verdicts: Verdict) -> int:
    return sum(record.verdict in verdicts for record in records)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\ufffd", clip(text, 10 * MOST_CHARACTERS))
