"""Reading a real Redis 7 as Debian builds it: what it says of itself when it can, and cannot, do its work."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as Lost
from redis.exceptions import NoPermissionError, RedisError

from playbook.clients.redis import Address, ReadOnlyRedis
from playbook.core.clock import Clock
from playbook.core.counters import Earlier
from playbook.core.secret import Secret
from playbook.core.verdict import Verdict
from playbook.measure.redis.job_queues import job_queues
from playbook.measure.redis.redis import redis_ping, redis_stats
from playbook.measure.redis.redis_keys import redis_keys
from playbook.measure.redis.redis_load import redis_clients, redis_slow_log
from playbook.settings.model import TimeLimits
from tests.judged import check, judged
from tests.real.servers import READY_WITHIN, program
from tests.redis_factory import settings_of
from tests.security_table import acl_line, lines_of
from tests.unit.loopback import closed_port, free_port

pytestmark = pytest.mark.slow

SETTINGS = settings_of()
LIMITS = TimeLimits(connect=30.0, read=30.0)


class Running:
    """A server of this machine's, with a client that may do anything and one that only reads."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.admin = Redis(port=port, decode_responses=True)
        self.reader = self.reading()

    def reading(self) -> ReadOnlyRedis:
        """Another client that only reads."""
        return ReadOnlyRedis(Address.parse(Secret(f"redis://127.0.0.1:{self.port}"), "x"), time_limits=LIMITS)

    def alive(self) -> tuple[Verdict, str]:
        """What ``daily.redis.alive`` says."""
        return judged(
            check("test_redis", "test_redis_answers_fast"),
            SETTINGS,
            redis_ping=redis_ping(self.reader),
            redis_stats=redis_stats(self.reader, SETTINGS, Clock(), Earlier()),
            job_queues=job_queues(self.reader, SETTINGS, Clock(), Earlier()),
        )

    def until_free(self) -> None:
        """Wait until the script that was killed has ended."""
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                self.admin.ping()
            except RedisError:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            else:
                return

    def until_served(self) -> None:
        """Wait until a cluster of this one node serves all slots."""
        deadline = time.monotonic() + READY_WITHIN
        while self.admin.execute_command("CLUSTER INFO")["cluster_state"] != "ok":
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def until(self, field: str, value: Any) -> None:
        """Wait until INFO says so."""
        deadline = time.monotonic() + READY_WITHIN
        while self.admin.info()[field] != value:
            assert time.monotonic() < deadline, f"{field} is not {value!r}"
            time.sleep(0.01)


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """A server until the block ends; without redis-server the test is skipped."""
    port = free_port()
    command = [program("redis-server"), "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
    command += ["--save", "", "--logfile", str(folder / "redis.log"), *options]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        server = Running(port)
        try:
            deadline = time.monotonic() + READY_WITHIN
            while True:
                try:
                    server.admin.ping()
                except Lost:
                    assert time.monotonic() < deadline, "redis-server did not start"
                    assert process.poll() is None, (folder / "redis.log").read_text(errors="replace")[-2000:]
                    time.sleep(0.01)
                except RedisError:
                    break
                else:
                    break
            yield server
        finally:
            server.reader.close()
            server.admin.close()
            process.kill()


def test_healthy_server_is_ok(tmp_path):
    """Every field that is needed is there, in words that are understood."""
    with running(tmp_path, "--appendonly", "yes", "--maxmemory", "100mb") as server:
        found = server.alive()
        assert found[0] is Verdict.OK, found
        stats = redis_stats(server.reader, SETTINGS, Clock(), Earlier())
        assert stats.info.version.startswith("Redis ")
        assert len(stats.read.origin) == 40
        assert stats.evidence().facts["Role"] == "master"
        server.admin.set("img:1", "x", ex=60)
        keys = redis_keys(server.reader, stats, SETTINGS)
        assert (keys.whole, keys.total) == (True, 1)
        assert redis_clients(server.reader, SETTINGS).problem == ""


def test_full_memory_is_critical(tmp_path):
    """PING is answered all the same."""
    with running(tmp_path, "--maxmemory-policy", "noeviction") as server:
        server.admin.set("a", "x" * 200_000)
        server.admin.config_set("maxmemory", int(server.admin.info()["used_memory"] * 0.5))
        with pytest.raises(RedisError, match="used memory > 'maxmemory'"):
            server.admin.set("b", "x")
        verdict, message = server.alive()
        assert verdict is Verdict.CRITICAL
        assert "got full memory (" in message
        server.admin.config_set("maxmemory", "100mb")
        verdict, message = server.alive()  # it has been up for so short a time that what it refused is of now
        assert verdict is Verdict.WARNING
        assert message.startswith("Refusals by Redis: expected none, got 1 with OOM in the ")


def test_replica_without_primary_is_critical(tmp_path):
    """With stale data served, and without."""
    with running(tmp_path) as server:
        server.admin.replicaof("127.0.0.1", closed_port())
        server.until("role", "slave")
        assert server.alive()[0] is Verdict.CRITICAL
        assert "its role is slave and its link is down" in server.alive()[1]
        server.admin.config_set("replica-serve-stale-data", "no")
        verdict, message = server.alive()
        assert verdict is Verdict.CRITICAL
        assert message.startswith(
            "Redis: expected PONG in answer to PING, got MASTERDOWN Link with MASTER is down"
        )


def test_failed_snapshot_is_critical(tmp_path):
    """PING itself is refused where writes are; where they are not, the status tells."""
    with running(tmp_path) as server:
        (tmp_path / "dump.rdb").mkdir()  # which no file can replace
        server.admin.bgsave()
        server.until("rdb_last_bgsave_status", "err")
        verdict, message = server.alive()
        assert (verdict, message.endswith("got rdb_last_bgsave_status:err")) == (Verdict.CRITICAL, True)
        server.admin.config_set("save", "3600 1")
        verdict, message = server.alive()
        assert verdict is Verdict.CRITICAL
        assert message.startswith(
            "Redis: expected PONG in answer to PING, got MISCONF Redis is configured to save RDB"
        )


def test_busy_or_full_server_is_critical(tmp_path):
    """Its own words, and CRITICAL."""
    with running(tmp_path, "--busy-reply-threshold", "1", "--maxclients", "3") as server:
        server.reader.ping()
        busy = Redis(port=server.port, socket_timeout=0.3)
        with pytest.raises(RedisError):
            busy.eval("while true do end", 0)
        verdict, message = server.alive()
        assert verdict is Verdict.CRITICAL
        assert message.startswith(
            "Redis: expected PONG in answer to PING, got BUSY Redis is busy running a script"
        )
        server.admin.script_kill()
        server.until_free()
        busy.close()
        others = [Redis(port=server.port) for _ in range(2)]
        server.until("connected_clients", 2)
        others[0].ping()
        late = server.reading()
        ping = redis_ping(late)
        assert ping.refusal == "max number of clients reached"
        assert not ping.answer.holds
        for one in (*others, late):
            one.close()


def test_cluster_without_slots_is_critical(tmp_path):
    """INFO only tells that it is a cluster, CLUSTER INFO how it is."""
    with running(tmp_path, "--cluster-enabled", "yes") as server:
        verdict, message = server.alive()
        assert verdict is Verdict.CRITICAL
        assert "CLUSTERDOWN Hash slot not served" in message or "cluster_state:fail, 0 of 16,384 slots" in message
        server.admin.execute_command("CLUSTER", "ADDSLOTSRANGE", 0, 16383)
        deadline = time.monotonic() + READY_WITHIN
        while server.reader.cluster()["cluster_state"] != "ok":
            assert time.monotonic() < deadline
            time.sleep(0.01)
        work = redis_stats(server.reader, SETTINGS, Clock(), Earlier()).work
        # What was refused before it had its slots still counts, and nothing else.
        assert [one.subject for one in work if not one.holds] == ["Refusals by Redis"]


def test_slow_log_states_its_range(tmp_path):
    """A server that was just started has a short one; one without CONFIG does not tell whether it is on."""
    with running(tmp_path) as server:
        stats = redis_stats(server.reader, SETTINGS, Clock(), Earlier())
        log = redis_slow_log(server.reader, stats, SETTINGS, Clock())
        assert (log.off, log.threshold, log.coverage.enough) == ("", 10.0, False)
        server.admin.config_set("slowlog-log-slower-than", 0)
        server.admin.ping()
        server.admin.slowlog_reset()
        server.admin.ping()
        assert min(entry["id"] for entry in server.admin.slowlog_get(128)) > 0  # ids are never used again
        server.admin.config_set("slowlog-log-slower-than", 10_000)
        again = redis_stats(server.reader, SETTINGS, Clock(), Earlier())
        assert again.read.counts.get("slow_log_resets") in (1, None)  # servers before Redis 7 do not count it
        server.admin.config_set("slowlog-log-slower-than", -1)
        assert "negative" in redis_slow_log(server.reader, stats, SETTINGS, Clock()).off
    with running(tmp_path, "--rename-command", "CONFIG", "") as server:
        stats = redis_stats(server.reader, SETTINGS, Clock(), Earlier())
        log = redis_slow_log(server.reader, stats, SETTINGS, Clock())
        assert (log.threshold, "does not report whether it is on" in log.off) == (None, True)


def test_counter_resets_are_detected(tmp_path):
    """Its identity stays over CONFIG RESETSTAT, and is another after a restart."""
    with running(tmp_path) as server:
        for _ in range(5):
            server.admin.get("none")
        before = redis_stats(server.reader, SETTINGS, Clock(), Earlier()).read
        server.admin.config_resetstat()
        after = redis_stats(server.reader, SETTINGS, Clock(), Earlier()).read
        assert (before.origin, before.counts["keyspace_misses"]) == (after.origin, 5)
        assert after.counts["keyspace_misses"] == 0
    with running(tmp_path) as server:
        assert redis_stats(server.reader, SETTINGS, Clock(), Earlier()).read.origin != before.origin


READ_BY_THE_SUITE = (
    *(("PING",), ("INFO",), ("TIME",), ("DBSIZE",), ("SCAN", 0, "COUNT", 10), ("TTL", "img:1")),
    *(("MEMORY USAGE", "img:1"), ("HGETALL", "image-processing-stats"), ("LLEN", "image-processing-queue")),
    *(("CLIENT LIST",), ("CONFIG GET", "maxclients"), ("SLOWLOG GET", 10), ("CLUSTER INFO",)),
)
FORBIDDEN = (
    *("SET img:1 y", "GET img:1", "DEL img:1", "EXPIRE img:1 1", "LPOP image-processing-queue", "FLUSHALL"),
    *("CONFIG SET maxmemory 1", "CONFIG RESETSTAT", "CLIENT KILL ID 1", "ACL LIST", "SHUTDOWN", "MONITOR"),
    *("EVAL return(1) 0", "SUBSCRIBE a", "SLOWLOG RESET", "REPLICAOF NO ONE", "KEYS *", "DUMP img:1", "SAVE"),
)


def as_documented(server: Running, password: str = "pass-of-the-reader") -> ReadOnlyRedis:
    """A client of the user whose line stands in SECURITY.md."""
    _, name, *words = acl_line().replace("PASSWORD", password).split()
    server.admin.execute_command("ACL SETUSER", name, *words)
    url = Secret(f"redis://{name}:{password}@127.0.0.1:{server.port}")
    return ReadOnlyRedis(Address.parse(url, "x"), time_limits=LIMITS)


@pytest.mark.parametrize("cluster", ["no", "yes"])
def test_documented_user_can_do_everything_needed(tmp_path, cluster):
    """Every command of the table, on a server by itself and on a node of a cluster; and what is measured by it."""
    with running(tmp_path, "--cluster-enabled", cluster) as server:
        if cluster == "yes":
            server.admin.execute_command("CLUSTER ADDSLOTSRANGE", 0, 16383)
            server.until_served()
        server.admin.set("img:1", "x", ex=60)
        server.admin.config_set("slowlog-log-slower-than", 0)  # a slow log with entries is read in another way
        reader = as_documented(server)
        table = {row.request for row in lines_of("command")} | {"CLUSTER INFO"}
        for row in lines_of("command for a queue"):
            one_more = ("HGET", "HMGET", "LINDEX", "SISMEMBER", "XINFO CONSUMERS", "XPENDING")
            more = {**dict.fromkeys(("ZRANGE", "XRANGE"), ("0", "1")), **dict.fromkeys(one_more, ("0",))}
            key = "saq:job:1" if row.request == "GET" else "img:1"
            words = (*row.request.split(), key, *more.get(row.request, ()))
            assert server.admin.acl_dryrun("playbook", *words) in {"OK", b"OK"}, row
        assert table == {words[0] for words in READ_BY_THE_SUITE}
        for words in READ_BY_THE_SUITE:
            if words[0] != "CLUSTER INFO" or cluster == "yes":
                is_slow_log = words[0] == "SLOWLOG GET"
                assert (reader.slow_commands(10) if is_slow_log else reader.execute_command(*words)) is not None
        server.reader.close()
        server.reader = reader
        assert server.alive()[0] is Verdict.OK
        stats = redis_stats(reader, SETTINGS, Clock(), Earlier())
        assert redis_keys(reader, stats, SETTINGS).whole
        assert redis_clients(reader, SETTINGS).problem == ""
        assert redis_slow_log(reader, stats, SETTINGS, Clock()) is not None


@pytest.mark.parametrize("command", FORBIDDEN)
def test_documented_user_can_do_nothing_else(tmp_path, command):
    """Neither change nor read what is cached; the server refuses it, whatever a client lets through."""
    with running(tmp_path) as server:
        as_documented(server).close()
        raw = Redis(port=server.port, username="playbook", password="pass-of-the-reader", protocol=2)
        with pytest.raises(NoPermissionError):
            raw.execute_command(*command.split())
        raw.close()
        assert server.admin.ping()


def test_documented_line_works_in_acl_file(tmp_path):
    """As an operator writes it into users.acl."""
    file = tmp_path / "users.acl"
    file.write_text(f"user default on nopass ~* &* +@all\n{acl_line().replace('PASSWORD', 'pw-of-the-file')}\n")
    with running(tmp_path, "--aclfile", str(file)) as server:
        url = Secret(f"redis://playbook:pw-of-the-file@127.0.0.1:{server.port}")
        reader = ReadOnlyRedis(Address.parse(url, "x"), time_limits=LIMITS)
        assert reader.ping() > 0
        reader.close()
