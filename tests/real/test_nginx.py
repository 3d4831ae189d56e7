"""Certificates and TLS as a real nginx serves them, with chains that openssl made: good ones and bad ones."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from checks.security import test_security as checks
from playbook.clients.http import HttpClient
from playbook.clients.tls import Endpoint, TlsClient
from playbook.core.clock import FixedClock
from playbook.measure.tls.certificates import certificates
from playbook.measure.tls.tls import tls_configuration
from playbook.measure.web.headers import security_headers
from playbook.measure.web.without_tls import PlainHttp
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.judged import judged
from tests.real.servers import READY_WITHIN, program, started
from tests.unit.loopback import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1:DeprecationWarning"),
]
HOST = "portfolio.example"
LIMITS = TimeLimits(connect=30, read=30)
AUTHORITY = "basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\nkeyUsage=critical,keyCertSign,cRLSign\n"
SERVER = f"basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{HOST}\nextendedKeyUsage=serverAuth\n"
PAGE = "<!doctype html><title>Portfolio</title><h1>Photographs that load fast</h1>" + "<p>A photograph.</p>" * 20
OTHER = SERVER.replace(HOST, "other.example")
CONFIGURATION = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        server_name {host};
        ssl_certificate {folder}/served.pem;
        ssl_certificate_key {folder}/leaf.key;
{more}
        ssl_protocols {protocols};
        ssl_ciphers {ciphers};
        ssl_prefer_server_ciphers on;
        root {folder}; default_type text/html;
{headers}
    }}
}}
"""


class Maker:
    """Certificates by openssl, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *arguments: str) -> None:
        """Run openssl."""
        command = [program("openssl"), *arguments]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True, timeout=READY_WITHIN)

    def certificate(
        self, name: str, extensions: str, by: str = "", *, days: int = 90, digest: str = "sha256"
    ) -> None:
        """``name.pem`` with its key, signed by ``by`` or itself. Negative days have ended."""
        (self.folder / f"{name}.ext").write_text(extensions)
        self.run("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN={name}",
                 "-out", f"{name}.csr")  # fmt: skip
        signer = ["-CA", f"{by}.pem", "-CAkey", f"{by}.key"] if by else ["-signkey", f"{name}.key"]
        self.run("x509", "-req", "-in", f"{name}.csr", *signer,
                 "-days", str(days), f"-{digest}", "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip


def begin_earlier(folder: Path, name: str, by: str, *, days_left: int) -> None:
    """Sign a certificate anew, with the same term and so many days left: openssl 3.0 lets it begin now only."""
    made = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    key = serialization.load_pem_private_key((folder / f"{by}.key").read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    end = datetime.now(UTC) + timedelta(days=days_left)
    builder = x509.CertificateBuilder(made.issuer, made.subject, made.public_key(), made.serial_number)
    builder = builder.not_valid_before(end - (made.not_valid_after_utc - made.not_valid_before_utc))
    for extension in made.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    signed = builder.not_valid_after(end).sign(key, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root, an authority between, one that has ended with the same key, and leaves."""
    folder = tmp_path_factory.mktemp("certificates")
    maker = Maker(folder)
    maker.certificate("root", AUTHORITY, days=3650)
    maker.certificate("between", AUTHORITY, "root", days=900)
    maker.run("x509", "-req", "-in", "between.csr", "-CA", "root.pem", "-CAkey", "root.key", "-days", "-1",
              "-sha256", "-extfile", "between.ext", "-out", "ended.pem")  # fmt: skip
    maker.certificate("leaf", SERVER, "between")
    maker.run("x509", "-req", "-in", "leaf.csr", "-CA", "between.pem", "-CAkey", "between.key", "-days", "90",
              "-sha1", "-extfile", "leaf.ext", "-out", "leaf-sha1.pem")  # fmt: skip
    maker.certificate("other", OTHER, "between")
    maker.certificate("alone", SERVER)
    maker.certificate("past", SERVER, "between", days=-1)
    maker.run("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "ec.key")
    maker.run("req", "-new", "-key", "ec.key", "-subj", "/CN=ec", "-out", "ec.csr")
    maker.run("x509", "-req", "-in", "ec.csr", "-CA", "between.pem", "-CAkey", "between.key", "-days", "90",
              "-sha256", "-extfile", "leaf.ext", "-out", "ec.pem")  # fmt: skip
    maker.certificate("soon", SERVER, "between")
    begin_earlier(folder, "soon", "between", days_left=3)
    return folder


@contextmanager
def served(
    folder: Path,
    *chain: str,
    protocols: str = "TLSv1.2 TLSv1.3",
    ciphers: str = "HIGH:@SECLEVEL=0",
    key: str = "leaf",
    beside: str = "",
    headers: tuple[str, ...] = (),
) -> Iterator[int]:
    """The port of an nginx that sends these certificates and headers (name and quoted value).

    ``beside`` is a second certificate for the same name, with another kind of key.
    """
    port = free_port()
    more = f"ssl_certificate {folder}/beside.pem; ssl_certificate_key {folder}/{beside}.key;" if beside else ""
    if beside:
        both = (folder / f"{beside}.pem").read_text() + (folder / "between.pem").read_text()
        (folder / "beside.pem").write_text(both)
    (folder / "served.pem").write_text("".join((folder / f"{name}.pem").read_text() for name in chain))
    lines = "".join(f"        add_header {each} always;\n" for each in headers)
    text = CONFIGURATION.format(
        folder=folder, port=port, host=HOST, protocols=protocols, ciphers=ciphers, headers=lines, more=more
    )
    text = text.replace(f"{folder}/leaf.key", f"{folder}/{key}.key")
    (folder / "index.html").write_text(PAGE)
    (folder / "nginx.conf").write_text(text)
    command = [program("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with started(command, folder / "out.log") as server:
        _await(server, port, folder)
        yield port


def _await(server: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError(f"nginx did not listen:\n{(folder / 'out.log').read_text(errors='replace')[-2000:]}")


def told_of(folder: Path, port: int) -> tuple[str, str]:
    """The check's verdict and message."""
    own = {
        "web": {"url": f"https://{HOST}", "ca": str(folder / "root.pem")},
        "security": {"connect_to": {HOST: f"127.0.0.1:{port}"}},
    }
    settings = load("production", root=folder, environment={}, overlay={"targets": {"production": own}})
    client = TlsClient(TimeLimits(connect=30, read=30), str(folder / "root.pem"))
    found = certificates(client, settings, FixedClock(datetime.now(UTC)))
    verdict, message = judged(checks.test_certificates_are_valid, limits=settings.limits, certificates=found)
    return str(verdict), message


@pytest.mark.parametrize(
    ("chain", "verdict", "words"),
    [
        (("leaf", "between"), "OK", "1 of 1 valid|Days left"),
        (("leaf", "between", "root"), "OK", "1 of 1 valid|Days left"),
        (("leaf", "between", "between"), "OK", "1 of 1 valid|Days left"),
        (("leaf", "ended"), "CRITICAL", "'between', which it needs, expired on "),
        (("leaf", "ended", "between"), "OK", "1 of 1 valid|Days left"),
        (
            ("leaf",),
            "CRITICAL",
            r"not trusted \(unable to get local issuer certificate: 'between', who signed 'leaf'",
        ),
        (("leaf-sha1", "between"), "CRITICAL", "signature with sha1"),
        (("leaf", "root", "between"), "WARNING", "sent in the wrong order"),
    ],
    ids=["good", "with-root", "twice", "ended", "ended-beside-good", "missing", "sha1", "disordered"],
)
def test_nginx_chains_are_judged(made: Path, chain: tuple[str, ...], verdict: str, words: str) -> None:
    """What nginx sends, as the check judges it."""
    with served(made, *chain) as port:
        found = told_of(made, port)
    assert found[0] == verdict, found
    assert re.search(words, found[1]), found


@pytest.mark.parametrize(
    ("protocols", "ciphers", "outdated", "broken"),
    [
        ("TLSv1.2 TLSv1.3", "ECDHE-RSA-AES128-GCM-SHA256", "", ""),
        ("TLSv1 TLSv1.1 TLSv1.2", "ECDHE-RSA-AES128-SHA:@SECLEVEL=0", "TLS 1.0 and TLS 1.1", ""),
        ("TLSv1.2", "ECDHE-RSA-AES128-GCM-SHA256:NULL-SHA256:@SECLEVEL=0", "", "NULL-SHA256"),
    ],
    ids=["modern", "outdated", "null"],
)
def test_nginx_tls_configurations_are_judged(
    made: Path, protocols: str, ciphers: str, outdated: str, broken: str
) -> None:
    """What nginx accepts, by handshakes and by hand."""
    with served(made, "leaf", "between", protocols=protocols, ciphers=ciphers) as port:
        own = {"web": {"url": f"https://127.0.0.1:{port}"}}
        settings = load("production", root=made, environment={}, overlay={"targets": {"production": own}})
        found = tls_configuration(TlsClient(TimeLimits(connect=30, read=30)), settings)
        by_hand = TlsClient(TimeLimits(connect=30, read=30)).greet(
            Endpoint(HOST, ("127.0.0.1", port)), "TLSv1.1", ["AES128-SHA", "ECDHE-RSA-AES128-SHA"]
        )
    assert (found.outdated, found.broken, found.coverage.enough) == (outdated, broken, True)
    assert by_hand.accepted is bool(outdated)


@pytest.mark.parametrize(
    ("beside", "verdict", "words"),
    [
        ("leaf", "OK", "Days left"),
        ("past", "CRITICAL", r", its RSA certificate: (?:ends before it begins, )?expired on"),
        ("soon", "CRITICAL", r"got [23] days \(.+, its RSA certificate as served"),
    ],
)
def test_second_certificate_of_nginx_is_judged(made: Path, beside: str, verdict: str, words: str) -> None:
    """An ECDSA certificate that was renewed, and an RSA one that may not have been."""
    with served(made, "ec", "between", key="ec", beside=beside) as port:
        found = told_of(made, port)
    assert found[0] == verdict, found
    assert re.search(words, found[1]), found


@pytest.mark.parametrize(
    ("leaf", "words"),
    [
        ("past", r"expired"),
        ("alone", r"self.signed"),
        ("other", r"other\.example"),
        ("soon", r"expected at least 21 days, got [23] days"),
    ],
    ids=["expired", "self-signed", "wrong-name", "ends-soon"],
)
def test_certificates_with_browser_warnings_are_critical(made: Path, leaf: str, words: str) -> None:
    """Each critical, with what is wrong in words."""
    chain = (leaf,) if leaf == "alone" else (leaf, "between")
    with served(made, *chain, key=leaf) as port:
        verdict, message = told_of(made, port)
    assert verdict == "CRITICAL", message
    assert re.search(words, message), message


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's certificate for localhost, and its authority."""
    folder = tmp_path_factory.mktemp("local")
    maker = Maker(folder)
    maker.certificate("root", AUTHORITY, days=3650)
    maker.certificate("leaf", SERVER.replace(HOST, "localhost"), "root")
    return folder


GOOD = (
    """Content-Security-Policy "default-src 'self'; frame-ancestors 'none'\"""",
    'Strict-Transport-Security "max-age=63072000"',
    'X-Content-Type-Options "nosniff"',
    'Referrer-Policy "no-referrer"',
)


@pytest.mark.parametrize(
    ("headers", "verdict", "words"),
    [
        (GOOD, "OK", "grade A"),
        ((), "CRITICAL", "grade D; Content-Security-Policy -25, Strict-Transport-Security -20"),
        (GOOD[1:], "WARNING", "grade C; Content-Security-Policy -25, Framing -20"),
        (
            (GOOD[0], 'Strict-Transport-Security "max-age=63072000; max-age=0"', *GOOD[2:]),
            "UNKNOWN",
            "max-age twice",
        ),
        (
            (*GOOD, 'Strict-Transport-Security "max-age=0"'),
            "OK",
            r"grade B\+; Strict-Transport-Security -20\) \(short of",
        ),
        ((*GOOD, 'X-Content-Type-Options "sniff"'), "UNKNOWN", "x-content-type-options: nosniff, sniff"),
    ],
    ids=["good", "none", "no-policy", "directive-twice", "sent-twice", "sent-twice-otherwise"],
)
def test_nginx_headers_are_judged(local: Path, headers: tuple[str, ...], verdict: str, words: str) -> None:
    """As nginx sends them: one that comes twice protects no better than the worse of the two."""
    settings = load("staging", root=local, environment={})
    with served(local, "leaf", headers=headers) as port:
        website = HttpClient(
            f"https://localhost:{port}", service="Website", time_limits=LIMITS, ca=str(local / "root.pem")
        )
        plain = PlainHttp("http://localhost", ("http://localhost/", "https://localhost/"), 301)
        found = security_headers(website, plain, settings)
    the_check = checks.test_security_headers_are_good
    told = judged(the_check, limits=settings.limits, security_headers=found)
    assert str(told[0]) == verdict, told
    assert re.search(words, told[1]), told
