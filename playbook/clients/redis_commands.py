"""Read-only commands of Redis and Valkey, for checks that query the server themselves. Pure.

Based on the flag ``readonly`` in the servers' command tables (https://valkey.io/commands/), without commands that
may still write (PFCOUNT stores its result) or block a large server (KEYS), and with the read-only subcommands of
CONFIG and the like. Every other command is refused, whether it is known to write or unknown.
"""

from __future__ import annotations

from collections.abc import Sequence

from playbook.core.errors import Forbidden

_WORDS = """
    BITCOUNT BITFIELD_RO BITPOS DBSIZE DUMP ECHO EXISTS EXPIRETIME GEODIST GEOHASH GEOPOS GEORADIUSBYMEMBER_RO
    GEORADIUS_RO GEOSEARCH GET GETBIT GETRANGE HEXISTS HEXPIRETIME HGET HGETALL HKEYS HLEN HMGET HPEXPIRETIME HPTTL
    HRANDFIELD HSCAN HSTRLEN HTTL HVALS INFO LASTSAVE LCS LINDEX LLEN LOLWUT LPOS LRANGE MGET PEXPIRETIME PING PTTL
    RANDOMKEY ROLE SCAN SCARD SDIFF SINTER SINTERCARD SISMEMBER SMEMBERS SMISMEMBER SORT_RO SRANDMEMBER SSCAN
    STRLEN SUBSTR SUNION TIME TTL TYPE XINFO XLEN XPENDING XRANGE XREAD XREVRANGE ZCARD ZCOUNT ZDIFF ZINTER
    ZINTERCARD ZLEXCOUNT ZMSCORE ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANK ZREVRANGE ZREVRANGEBYLEX
    ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION
"""
# Affect only this connection: its user, its database, and grouping of answers.
_SETTING_UP = "AUTH DISCARD EXEC MULTI QUIT SELECT UNWATCH WATCH"
_PARTS = {
    "ACL": "CAT WHOAMI",
    "CLIENT": "GETNAME ID INFO LIST",
    "CLUSTER": "COUNTKEYSINSLOT INFO KEYSLOT MYID NODES SHARDS SLOTS",
    "COMMAND": "COUNT DOCS GETKEYS INFO LIST",
    "CONFIG": "GET",
    "FUNCTION": "LIST STATS",
    "LATENCY": "HISTORY LATEST",
    "MEMORY": "STATS USAGE",
    "MODULE": "LIST",
    "OBJECT": "ENCODING FREQ IDLETIME REFCOUNT",
    "PUBSUB": "CHANNELS NUMPAT NUMSUB SHARDCHANNELS SHARDNUMSUB",
    "SCRIPT": "EXISTS",
    "SLOWLOG": "GET LEN",
}
_READ = frozenset(_WORDS.split() + _SETTING_UP.split())
_READ_PARTS = {name: frozenset(parts.split()) for name, parts in _PARTS.items()}
_INSTEAD = {
    "KEYS": "scan_iter() finds the same and does not stop a large server meanwhile",
    "PFCOUNT": "it keeps what it has counted",
    "SORT": "sort_ro() cannot store what it has sorted",
}


def require_reading(service: str, words: Sequence[object]) -> None:
    """Raise Forbidden unless a command, in redis-py's form, is known to read.

    The library splits the first word at spaces, so this function judges what is sent.
    """
    texts = [
        bytes(word).decode("utf-8", "replace") if isinstance(word, bytes | bytearray | memoryview) else str(word)
        for word in words[:2]
    ]
    name, *rest = [*(texts[0].split() if texts else []), *texts[1:]] or [""]
    name = name.upper()
    part = rest[0].upper() if rest else ""
    if name in _READ or part in _READ_PARTS.get(name, ()):
        return
    shown = f"{name} {part}" if name in _READ_PARTS else name
    instead = f" ({_INSTEAD[name]})" if name in _INSTEAD else ""
    raise Forbidden(
        f"{service}: {shown[:40] or 'an empty command'} was not sent{instead}: this suite sends only commands "
        "that are known to read, so that no check can change what it looks at"
    )
