"""What programs tell in passing, below the level of an error: that another one ended, or that a job is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from playbook.readers.logs import levels

TOLD_IN_PASSING = (
    *(":notice] ", "; not expected)", "entered FATAL state", "sockets disabled, ", "panic serving "),
    *("SIGKILL", "SIGSEGV", "SIGABRT", "SIGBUS", "code 137", "code 139", "WORKER TIMEOUT"),
)
"""Signs of what Apache, Supervisor, lighttpd, Go's log package and masters of workers tell below a warning."""
# Of Sidekiq, Solid Queue, Spring Batch, Dramatiq, asynq, Oban, BullMQ, taskiq about a job that is not tried again,
# of taskiq about a worker; of Linux about a hanging process; of systemd about a unit that failed without an exit
# code; of pgBackRest about a backup that broke off or a log that is lost; of PostgreSQL about damaged pages, a
# replica left behind, and transactions that run out; of Redis about a cluster or a master that is down; of RQ's
# pool and Solid Queue about a worker that is dead; of the JVM about memory that it cannot have.
GIVEN_UP = (
    *("Adding dead ", "Retries exceeded for message ", "Retry exhausted for task "),
    *(" blocked for more than ", '"Job raised exception"', " command end: ", "dropped WAL file "),
    *("page checksums found", "must be vacuumed within ", "page verification failed", "failed too many times, "),
    *("LOG:  invalidating ", "Cluster state changed: fail", "+odown master "),
    *(" with result '", "repeated too quickly", "atchdog timeout"),
    *("failed permanently", "dead letter", "dead-letter", "job stalled more than "),
    *(" forgot to import it", "Max restarts reached", ". Skipping execution."),
    *('"Invalid JSON for job"', "Fail claimed jobs ", " the following status: [FAILED]"),
    *("discard", " is dead", "Replaced terminated ", "pruned: true", "commit_memory("),
    *("DLQ", " dlq", "iving up on ", "msg=failing, "),
)
# Of RQ, Dramatiq, Sidekiq, taskiq, arq, streaQ and Solid Queue about a job that is not tried again, or a worker
# that ended; of the JVM about a thread that it could not start. Only in warnings, which are read exactly.
_IN_WARNINGS = (
    *("FailedJobRegistry", "maximum retry attempts", "Work horse killed ", "its age limit", "Failed to requeue "),
    *("retries count is reached", " expired", ", function '", "max retries ", " failed after ", "already died"),
    *(" failed to boot in time", "pthread_create (EAGAIN)"),
)
_GIVEN_UP = re.compile(
    r"\bAdding dead \S{1,200} job\b|\bRetries exceeded for message |\bRetry exhausted for task "
    r"|\"state\":\"discard\"|\btask \S{1,64}:\d{1,10} blocked for more than "
    r"|\"context\":\"Job raised exception\".{0,2000}\"retry\":(?:false|0)[,}]"
    r"|\b[a-z-]{3,20} command end: aborted with exception|\bbackup command end: terminated on signal"
    r"|\bdropped WAL file \S|\binvalid page checksums found|\bpage verification failed, "
    r"|\bdatabase .{1,90} must be vacuumed within \d|\blog file \S{1,60} failed too many times, "
    r"|\bLOG:  invalidating (?:obsolete replication )?slot |\bCluster state changed: fail\b|\+odown master "
    r"|: Failed with result '(?:timeout|watchdog|protocol|resources|start-limit-hit|oom-kill)'"
    r"|: Start request repeated too quickly\b|: Watchdog timeout \("
    r"|\b(?:[Jj]ob|[Tt]ask|[Mm]essage) (?:[#\w:-]{1,64} )?failed permanently\b"
    r"|\band the following status: \[FAILED\]"
    r"|\btask \S{1,200} is not found\. Maybe you forgot|\bworker-\d{1,4} is dead\. Scheduling reload"
    r"|\bMax restarts reached\. Exiting|\bCannot parse message: .{0,8000}\. Skipping execution\."
    r"|\bjob stalled more than (?:allowable limit|maxStalledCount)\b"
    r"|\"context\":\"Invalid JSON for job\"|\bFail claimed jobs \([\d.]{1,12}ms\) {1,2}job_ids: \[\d"
    r"|\bmoved to (?:the |a )?dead[- ]letter"
    r"|\bjob:exception\b.{0,4000}\bstate[\"\\]{0,2}[=:] ?[\"\\:]{0,2}discard"
    r"|\bstate[\"\\]{0,2}[=:] ?[\"\\:]{0,2}discard.{0,4000}\bjob:exception\b"
    r"|\bWorker \S{1,120} with pid \d{1,10} is dead\b"
    r"|\b(?:[Jj]ob|[Tt]ask|[Mm]essage) (?:[#\w:-]{1,64} )?(?:was |is |has been )?discarded(?: after [1-9]"
    r"|: (?:max|too many|retries|attempts)"
    r"| (?:as|because|due to) .{0,80}(?:[Ee]rror|[Ee]xception|fail|retr|attempts))"
    r"|\b(?:[Ss]ent|[Mm]oved|[Pp]ublished|[Rr]outed|[Ff]orwarded|[Dd]ispatched)(?! (?:0|no) )"
    r"(?: [\w/:#=.-]{1,80}){0,6} to (?:the |a )?(?:DLQ|dlq)\b(?! ?(?:[:=] ?0\b|>))|\bmsg=failing, retried_count=\d"
    r"|\b[Gg]iving up on (?:the |this )?(?:job|task|message)\b"
    r"|\bos::commit_memory\(.{1,120}\) failed; error=|\bDeregister \w{1,40} \(.{1,800}\bpruned: true\b"
    r"|\bReplaced terminated \w{1,40} \(.{1,200}"
    r"(?:\bstatus: (?!143|130)[1-9]\d{0,2},|\btermsig: (?!15\b)\d)"
    r"|\b[Mm]oved to FailedJobRegistry, due to |\bhas exceeded maximum retry attempts\b"
    r"|\bWork horse killed for job |\bhas exceeded its age limit\b"
    r"|\bFailed to requeue (?:messages on|[1-9]\d{0,6} jobs)\b"
    r"|\bMaximum retries count is reached\b|\b(?:job|task †) (?=\S{0,79}\d)\S{1,80} expired(?=$|[\s\"])"
    r"|\bjob \S{1,80}, function '[^']{1,200}' not found\b|\bmax retries \d{1,4} exceeded\b"
    r"|\btask \S{1,160} × \S{1,80} failed after \d|\bforked process but it had already died\b"
    r"|\bTerminate \w{1,40} that failed to boot in time\b"
    r"|\bFailed to start thread .{1,120}\bpthread_create \(EAGAIN"
)
# What is directly before where nothing was given up: none of them, or what would become of some.
_MOVED = re.compile("sent|moved|published|routed|forwarded|dispatched|giving up", re.IGNORECASE)
_NONE_YET = re.compile(
    r"(?:(?<![\w.,])(?:0(?: (?:[\w-]{1,20} )?\w{1,20}s)?"
    r"|[Nn]o (?:\w{1,20} )?(?:messages?|jobs?|tasks?|records?|events?|emails?|items?))"
    r"|\b(?:[Nn]othing|[Nn]one|not|be|are|before)) $"
)
_ENDED = (
    "signal",
    "was sent SIG",
    "terminated unexpectedly",
    "code=killed",
    "code=dumped",
    "by the OOM killer",
    " sec), terminating",
    "died, restarting",
    *TOLD_IN_PASSING,
)


def tells_of_an_end(level: int, text: str) -> bool:
    """Whether a line of this level may report in passing that a program ended; its words decide."""
    signs = _ENDED if level == levels.WARNING else TOLD_IN_PASSING if level == levels.INFO else ()
    return any(sign in text for sign in signs)


def gave_up(level: int, text: str) -> bool:
    """Whether a line of this level reports that something is not tried again."""
    signs = (*GIVEN_UP, *_IN_WARNINGS) if level == levels.WARNING else GIVEN_UP
    return any(sign in text for sign in signs) and any(
        not (_MOVED.match(found[0]) and _NONE_YET.search(text, max(0, found.start() - 64), found.start()))
        for found in _GIVEN_UP.finditer(text)
    )


def lost_a_job(objects: Iterable[Mapping[str, Any]]) -> bool:
    """Whether an object tells by its fields that a job is not tried again, as those of Laravel's workers
    (``queue:work --json``) and of Oban, where its logger passes them on as an object.
    """
    return any(
        (fields.get("state") == "discard" and str(fields.get("event")).startswith("job:"))
        or (fields.get("status") == "failed" and "job" in fields and "attempts" in fields)
        for fields in objects
    )
