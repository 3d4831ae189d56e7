"""Settings of job queues that other libraries keep in Redis."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from playbook.core.secret import Section

Preset = Literal[
    "arq",
    "asynq",
    "bee-queue",
    "bull",
    "bullmq",
    "celery",
    "dramatiq",
    "gocraft",
    "hangfire",
    "huey",
    "laravel",
    "machinery",
    "redis-list",
    "redis-stream",
    "resque",
    "rq",
    "saq",
    "sidekiq",
]


class JobQueue(Section, frozen=True):
    """One queue, in the keys of its library.

    Attributes:
        preset: the library. Celery's queues are those of kombu's Redis transport; ``redis-stream`` is a stream of
            Redis with consumer groups, as of taskiq's RedisStreamBroker and Symfony's Messenger, ``redis-list`` a
            list from which workers take, as of taskiq's ListQueueBroker and of django-q2, whose list has the name
            ``django_q:NAME:q``; ``resque`` is also for node-resque and
            php-resque; ``gocraft`` is gocraft/work, ``hangfire`` Hangfire.Redis.StackExchange, ``machinery`` that
            of Go.
        name: of the queue, as the application names it; for gocraft/work that of a job; for arq ``arq:queue``
            and for machinery ``machinery_tasks``, where it has no other; for a stream its key.
        prefix: prefix of every key: Celery's ``global_keyprefix``, or the namespace of an old Sidekiq with its
            colon, or of Resque, which is ``resque:`` by default, or the ``prefix`` of Laravel's Redis connection;
            for Bull, BullMQ and bee-queue their ``prefix``, which is ``bull`` or ``bq`` by default; for Dramatiq
            its ``namespace``, which is ``dramatiq`` by default; for Hangfire its ``Prefix``, which is
            ``{hangfire}:`` by default; for gocraft/work its namespace with a colon.
        exchange: for Celery, where the queue is bound to an exchange of another name.
        group: of a stream, the consumer group; each of them where it is not set.
        horizon: for Laravel, the ``prefix`` of Horizon's own keys, where Horizon starts the workers:
            ``laravel_horizon:`` and the like.
        priorities: Celery's ``priority_steps``; each but 0 has its own list.
    """

    preset: Preset
    name: Annotated[str, msgspec.Meta(min_length=1)]
    prefix: str = ""
    exchange: str = ""
    group: str = ""
    horizon: str = ""
    priorities: tuple[Annotated[int, msgspec.Meta(ge=0)], ...] = (0, 3, 6, 9)

    @property
    def key_name(self) -> str:
        """The name as it is in keys: Huey keeps only letters, digits and underscores of it."""
        return re.sub(r"[^A-Za-z0-9_]", "", self.name) if self.preset == "huey" else self.name
