"""Health endpoints of common frameworks, in their own shapes and words, with the verdict for each."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

import pytest

from playbook.clients.wire import Phases
from playbook.core.coverage import lacking
from playbook.core.judge import Judge
from playbook.core.verdict import Critical
from playbook.measure.web.health import read_report
from playbook.measure.web.health_endpoints import Health
from playbook.measure.web.health_report import UnknownShapeError

OK, WARNING, CRITICAL, UNKNOWN = "OK", "WARNING", "CRITICAL", "UNKNOWN"


def verdict(body: bytes, now: datetime | None = None) -> str:
    """The check's verdict for this body with HTTP 200."""
    judge = Judge()
    try:
        health = Health("/health", 200, read_report(body, now), Phases(), ())
    except UnknownShapeError as error:
        judge.add_coverage("health", lacking("", expected="a report", got=str(error)))
        judge.that(True, "Health", expected="healthy", found="")
        return str(judge.leading.verdict)
    judge.add_coverage("health", health.coverage)
    with suppress(Critical):
        judge.that(not health.is_unhealthy, "Health", expected="healthy", found=health.summary)
        judge.that(not health.is_degraded, "Health", expected="healthy", found=health.summary, warn=True)
    return str(judge.leading.verdict)


# https://docs.spring.io/spring-boot/reference/actuator/endpoints.html#actuator.endpoints.health
SPRING = """{"status":"%s","components":{"db":{"status":"%s","details":{"database":"PostgreSQL",
"validationQuery":"isValid()"}},"diskSpace":{"status":"UP","details":{"total":499963174912,"free":91300069376,
"threshold":10485760,"path":"/app/.","exists":true}},"livenessState":{"status":"UP"},"ping":{"status":"UP"},
"readinessState":{"status":"%s"},
"redis":{"status":"UP","details":{"version":"7.2.4"}},
"ssl":{"status":"UP","details":{"validChains":[],"invalidChains":[]}}},"groups":["liveness","readiness"]}"""
SPRING_1 = """{"status":"UP","diskSpace":{"status":"UP","total":499963174912,"free":91300069376,
"threshold":10485760},"db":{"status":"%s","database":"MySQL","hello":1}}"""
SPRING_NESTED = """{"status":"UP","components":{"broker":{"status":"UP","components":{
"us1":{"status":"UP","details":{"version":"1.0.2"}},"us2":{"status":"%s","details":{"version":"1.0.4"}}}}}}"""
SPRING_CLOUD = """{"status":"UP","components":{"discoveryComposite":{
"description":"Discovery Client not initialized",
"status":"UNKNOWN","components":{"discoveryClient":{"description":"Discovery Client not initialized",
"status":"UNKNOWN"}}},"ping":{"status":"UP"}}}"""
RESILIENCE4J = """{"status":"UP","components":{"circuitBreakers":{"status":"UP","details":{"payments":{
"status":"UP","details":{"failureRate":"-1.0%%","failureRateThreshold":"50.0%%","slowCallRate":"-1.0%%",
"bufferedCalls":0,"slowCalls":0,"slowFailedCalls":0,"failedCalls":0,"notPermittedCalls":0,"state":"%s"}}}}}}"""
# https://github.com/Xabaril/AspNetCore.Diagnostics.HealthChecks
ASPNET = """{"status":"%s","totalDuration":"00:00:00.1167734","entries":{"sqlserver":{"data":{},
"duration":"00:00:00.0935","status":"Healthy","tags":["db","critical"]},"redis":{"data":{},"description":%s,
"duration":"00:00:00.0231","exception":%s,"status":"%s","tags":["ready"]}}}"""
# https://github.com/eclipse/microprofile-health
MICROPROFILE = """{"status":"%s","checks":[{"name":"Database connections health check","status":"%s",
"data":{"<default>":"%s"}},{"name":"alive","status":"UP"}]}"""
# https://docs.nestjs.com/recipes/terminus
TERMINUS = (
    '{"status":"%s","info":{"database":{"status":"up"}},"error":%s,"details":{"database":{"status":"up"}%s}}'
)
# https://datatracker.ietf.org/doc/html/draft-inadarei-api-health-check-06
IETF = """{"status":"%s","version":"1","releaseId":"1.2.2","notes":[""],"output":"","serviceId":"f03e522f-1f44",
"description":"health of authz service","checks":{"cassandra:responseTime":[{"componentId":"dfd6cf2b-1b6e",
"componentType":"datastore","observedValue":250,"observedUnit":"ms","status":"%s",
"affectedEndpoints":["/users/{userId}"],"time":"2018-01-17T03:36:48Z","output":""}],"uptime":[{
"componentType":"system","observedValue":1209600.245,"observedUnit":"s","status":"pass",
"time":"2018-01-17T03:36:48Z"}]},"links":{"about":"http://api.example.com/about/authz"}}"""
# https://github.com/hellofresh/health-go, alexliesenfeld/health, heptiolabs/healthcheck, MEDIGO/go-healthz
HELLOFRESH = """{"status":"%s","timestamp":"2026-11-28T07:00:00.1Z",%s"system":{"version":"go1.22",
"goroutines_count":4,"total_alloc_bytes":21321,"heap_objects_count":21323,"alloc_bytes":234523},
"component":{"name":"my-service","version":"v1.0.0"}}"""
LIESENFELD = """{"status":"%s","details":{"database":{"status":"%s","timestamp":"2026-11-28T09:06:21.6Z"%s},
"search":{"status":"up","timestamp":"2026-11-28T09:06:25.8Z"}}}"""
HEPTIO = '{"goroutine-threshold":"OK","upstream-database":"%s"}'
MEDIGO = """{"ok":%s,"has_warnings":%s,"status":"%s","time":"2026-09-23T10:55:16.7+02:00",
"since":"2026-09-23T10:55:14.2+02:00","metadata":{"version":"1.0.0"},"failures":%s,"runtime":{"alloc_bytes":314048,
"arch":"amd64","goroutines_count":4,"heap_objects_count":4575,"os":"darwin","version":"go1.22"}}"""
# https://spatie.be/docs/laravel-health
SPATIE = """{"finishedAt":1666014000,"checkResults":[{"name":"UsedDiskSpace","label":"Used disk space",
"notificationMessage":"","shortSummary":"33%%","status":"ok","meta":{"disk_space_used_percentage":33}},
{"name":"Redis","label":"Redis","notificationMessage":"","shortSummary":"%s","status":"%s","meta":{}}]}"""
# https://github.com/codingjoe/django-health-check
DJANGO = """{"Cache backend: default":"working","DatabaseBackend":"%s","DiskUsage":"working",
"MigrationsHealthCheck":"working"}"""
DJANGO_4 = """{"DatabaseBackend":"OK","Cache(alias='default')":"OK",
"Ping(app=<Celery shop at 0x7f373359d350>)":"OK",
"Disk(path='/srv', hostname='shop-node')":"%s"}"""
DJANGO_4_TEXT = """Cache(alias='default'): OK
DNS(hostname='web-1', nameservers=['127.0.0.1'], record_type=<RdataType.A: 1>): OK
Ping(app=<Celery shop at 0x7f373359d350>): %s
"""
# https://github.com/ggpasqualino/plug_checkup
PLUG_CHECKUP = """[{"error":null,"healthy":true,"name":"random1","time":93},
{"error":%s,"healthy":%s,"name":"redis","time":106}]"""
# https://kubernetes.io/docs/reference/using-api/health-checks/
READYZ = (
    "[+]ping ok\n[+]log ok\n[%s\n[+]poststarthook/start-kube-apiserver-admission-initializer ok\nreadyz check %s\n"
)
# https://developer.hashicorp.com/consul/api-docs/health
CONSUL = """[{"Node":"foobar","CheckID":"serfHealth","Name":"Serf Health Status","Status":"%s","Notes":"",
"Output":"Agent alive and reachable","ServiceID":"","ServiceName":"","ServiceTags":[],"Namespace":"default",
"Definition":{},"CreateIndex":3,"ModifyIndex":3}]"""
ELASTICSEARCH = """{"cluster_name":"testcluster","status":"%s","timed_out":%s,"number_of_nodes":1,
"number_of_data_nodes":1,"active_primary_shards":1,"active_shards":1,"relocating_shards":0,"initializing_shards":0,
"unassigned_shards":1,"delayed_unassigned_shards":0,"active_shards_percent_as_number":50.0}"""
VAULT = """{"initialized":true,"sealed":%s,"standby":false,"performance_standby":false,
"replication_performance_mode":"disabled","server_time_utc":1516639589,"version":"1.16.1",
"cluster_name":"vault-cluster-3bd69ca2"}"""
EXPRESS = """{"uptime":4112.3,"message":"OK","timestamp":1764313200000,"status":"%s","mongo":{"readyState":%s},
"memoryUsage":{"rss":4935680,"heapTotal":1826816,"heapUsed":650472,"external":49879},"pid":17,"node":"v20.11.0"}"""
FASTAPI = '{"status":"%s","environment":"production","version":"2.1.0","database":"%s","redis":"%s","debug":false}'
LARAVEL_UP = "<!DOCTYPE html><html lang=en><head><title>shop</title></head><body><div>Application %s</div><p>HTTP \
request received. Response rendered in 13ms.</p></body></html>"
RAILS_UP = '<!DOCTYPE html><html><body style="background-color: %s"></body></html>'

LIIP = """{"globalStatus":"%s","checks":[{"checkName":"Redis","message":"","status":%d,
"status_name":"check_result_%s","service_id":"redis"}]}"""
EUREKA = """{"status":"UP","components":{"discoveryComposite":{"description":"","status":"%s","components":{
"discoveryClient":{"status":"%s","details":{"services":["shop","image-service"]}}}}}}"""
DOCKER = """{"State":{"Status":"running","Running":true,"Paused":%s,"Restarting":false,"OOMKilled":false,
"Dead":false,"Pid":17,"Error":"","Health":{"Status":"%s","FailingStreak":0,"Log":[]}}}"""

SPRING_SSL = """{"status":"UP","components":{"ssl":{"status":"%s","details":{"invalidChains":[],"validChains":[{
"alias":"web","certificates":[{"version":"V3","validity":{"status":"%s"},"validityEnds":"2027-01-01"}]}]}}}}"""
SEBSPARK = """{"status":"ok","summary":{"critical":{"ok":1,"degraded":0,"error":0},"nonCritical":{"ok":0,
"degraded":%d,"error":0}},"dependencies":{"db":{"status":"%s","impact":"critical","error":null}}}"""

DOWN = '"redis":{"status":"down","message":"Connection is closed."}'
DOWN_ALONE = "{" + DOWN + "}"

CASES = {
    "spring-up": (SPRING % ("UP", "UP", "UP"), OK),
    "spring-down": (SPRING % ("DOWN", "DOWN", "UP"), CRITICAL),
    "spring-hidden-dependency": (SPRING % ("UP", "DOWN", "UP"), CRITICAL),
    "spring-out-of-service": (SPRING % ("UP", "UP", "OUT_OF_SERVICE"), CRITICAL),
    "spring-refusing-traffic": (SPRING % ("UP", "UP", "REFUSING_TRAFFIC"), UNKNOWN),
    "spring-unknown": (SPRING % ("UP", "UNKNOWN", "UP"), UNKNOWN),
    "spring-without-details": ('{"status":"UP"}', OK),
    "spring-groups": ('{"status":"UP","groups":["liveness","readiness"]}', OK),
    "spring-1-up": (SPRING_1 % "UP", OK),
    "spring-1-down": (SPRING_1 % "DOWN", CRITICAL),
    "spring-nested-up": (SPRING_NESTED % "UP", OK),
    "spring-nested-down": (SPRING_NESTED % "DOWN", CRITICAL),
    "spring-cloud-not-initialized": (SPRING_CLOUD, UNKNOWN),
    "resilience4j-closed": (RESILIENCE4J % "CLOSED", OK),
    "resilience4j-open": (RESILIENCE4J % "OPEN", CRITICAL),
    "resilience4j-half-open": (RESILIENCE4J % "HALF_OPEN", WARNING),
    "aspnet-text-healthy": ("Healthy", OK),
    "aspnet-text-degraded": ("Degraded", WARNING),
    "aspnet-text-unhealthy": ("Unhealthy", CRITICAL),
    "aspnet-healthy": (ASPNET % ("Healthy", "null", "null", "Healthy"), OK),
    "aspnet-degraded": (ASPNET % ("Degraded", '"slow"', "null", "Degraded"), WARNING),
    "aspnet-hidden-dependency": (ASPNET % ("Healthy", '"gone"', '"It was not possible"', "Unhealthy"), CRITICAL),
    "aspnet-exception-beside-healthy": (
        ASPNET % ("Healthy", "null", '"RedisConnectionException"', "Healthy"),
        CRITICAL,
    ),
    "microprofile-up": (MICROPROFILE % ("UP", "UP", "UP"), OK),
    "microprofile-down": (MICROPROFILE % ("DOWN", "DOWN", "Unable to execute the validation check"), CRITICAL),
    "microprofile-hidden-dependency": (MICROPROFILE % ("UP", "DOWN", "x"), CRITICAL),
    "quarkus-without-checks": ('{"status":"UP","checks":[]}', OK),
    "terminus-ok": (TERMINUS % ("ok", "{}", ""), OK),
    "terminus-error": (TERMINUS % ("error", DOWN_ALONE, "," + DOWN), CRITICAL),
    "terminus-hidden-dependency": (TERMINUS % ("ok", DOWN_ALONE, ""), CRITICAL),
    "terminus-shutting-down": (TERMINUS % ("shutting_down", "{}", ""), CRITICAL),
    "godaddy-terminus": ('{"status":"ok","info":{"db":"up"},"details":{"db":"up"}}', OK),
    "ietf-pass": (IETF % ("pass", "pass"), OK),
    "ietf-warn": (IETF % ("warn", "warn"), WARNING),
    "ietf-fail": (IETF % ("fail", "fail"), CRITICAL),
    "ietf-hidden-dependency": (IETF % ("pass", "fail"), CRITICAL),
    "hellofresh-ok": (HELLOFRESH % ("OK", ""), OK),
    "hellofresh-partially": (HELLOFRESH % ("Partially Available", ""), WARNING),
    "hellofresh-failures": (HELLOFRESH % ("Partially Available", '"failures":{"redis":"dial tcp"},'), CRITICAL),
    "hellofresh-unavailable": (HELLOFRESH % ("Unavailable", '"failures":{"mysql":"ping"},'), CRITICAL),
    "hellofresh-timeout": (HELLOFRESH % ("Timeout during health check", ""), CRITICAL),
    "liesenfeld-up": (LIESENFELD % ("up", "up", ""), OK),
    "liesenfeld-down": (LIESENFELD % ("down", "down", ',"error":"no connection"'), CRITICAL),
    "liesenfeld-hidden-dependency": (LIESENFELD % ("up", "down", ""), CRITICAL),
    "liesenfeld-not-yet-checked": (LIESENFELD % ("unknown", "unknown", ""), UNKNOWN),
    "heptio-ok": (HEPTIO % "OK", OK),
    "heptio-down": (HEPTIO % "dial tcp 10.0.0.5:5432: connect: connection refused", CRITICAL),
    "heptio-not-full": ("{}\n", UNKNOWN),
    "medigo-ok": (MEDIGO % ("true", "false", "OK", "{}"), OK),
    "medigo-warning": (MEDIGO % ("true", "true", "Warning", "{}"), WARNING),
    "medigo-unavailable": (MEDIGO % ("false", "false", "Unavailable", '{"db":"fail"}'), CRITICAL),
    "spatie-ok": (SPATIE % ("Ok", "ok"), OK),
    "spatie-warning": (SPATIE % ("slow", "warning"), WARNING),
    "spatie-failed": (SPATIE % ("Failed", "failed"), CRITICAL),
    "spatie-crashed": (SPATIE % ("Crashed", "crashed"), CRITICAL),
    "spatie-skipped": (SPATIE % ("Skipped", "skipped"), UNKNOWN),
    "django-working": (DJANGO % "working", OK),
    "django-unavailable": (DJANGO % "unavailable: Database is unreachable", CRITICAL),
    "django-unknown-error": (DJANGO % "unknown error", CRITICAL),
    "django-warning": (DJANGO % "warning: disk 90 percent", WARNING),
    "plug-checkup-healthy": (PLUG_CHECKUP % ("null", "true"), OK),
    "plug-checkup-unhealthy": (PLUG_CHECKUP % ('"Unexpected"', "false"), CRITICAL),
    "kubernetes-text": ("ok", OK),
    "kubernetes-passed": (READYZ % ("+]etcd ok", "passed"), OK),
    "kubernetes-failed": (READYZ % ("-]etcd failed: reason withheld", "failed"), CRITICAL),
    "consul-passing": (CONSUL % "passing", OK),
    "consul-warning": (CONSUL % "warning", WARNING),
    "consul-critical": (CONSUL % "critical", CRITICAL),
    "consul-maintenance": (CONSUL % "maintenance", CRITICAL),
    "etcd-true": ('{"health":"true","reason":""}', OK),
    "etcd-false": ('{"health":"false","reason":"RAFT NO LEADER"}', CRITICAL),
    "elasticsearch-green": (ELASTICSEARCH % ("green", "false"), OK),
    "elasticsearch-yellow": (ELASTICSEARCH % ("yellow", "false"), WARNING),
    "elasticsearch-red": (ELASTICSEARCH % ("red", "true"), CRITICAL),
    "vault-active": (VAULT % "false", OK),
    "vault-sealed": (VAULT % "true", CRITICAL),
    "prometheus-healthy": ("Prometheus Server is Healthy.\n", OK),
    "prometheus-ready": ("Prometheus Server is Ready.\n", OK),
    "grafana": ('{"commit":"7e3e","database":"ok","version":"11.2.0"}', OK),
    "grafana-database-failing": ('{"commit":"7e3e","database":"failing","version":"11.2.0"}', CRITICAL),
    "influxdb": ('{"name":"influxdb","message":"ready for queries and writes","status":"pass","checks":[]}', OK),
    "nextcloud": ('{"installed":true,"maintenance":false,"needsDbUpgrade":false,"version":"29.0.1"}', UNKNOWN),
    "nextcloud-maintenance": ('{"installed":true,"maintenance":true,"version":"29.0.1"}', CRITICAL),
    "sonarqube-green": ('{"health":"GREEN","causes":[]}', OK),
    "sonarqube-red": ('{"health":"RED","causes":["Node down"]}', CRITICAL),
    "jaeger": ('{"status":"Server available","upSince":"2026-11-01","uptime":"5m"}', OK),
    "nomad": ('{"server":{"ok":true,"message":"ok"},"client":{"ok":false,"message":"no server"}}', CRITICAL),
    "plausible": ('{"clickhouse":"ok","postgres":"ok","sites_cache":"ok","sessions":"ok"}', OK),
    "gitlab-readiness": ('{"status":"ok","master_check":[{"status":"ok"}]}', OK),
    "gitlab-readiness-failed": ('{"status":"ok","db_check":[{"status":"failed","message":"x"}]}', CRITICAL),
    "home-assistant": ('{"message":"API running."}', OK),
    "zookeeper": ("imok", OK),
    "grpc-gateway-serving": ('{"status":"SERVING"}', OK),
    "grpc-gateway-not-serving": ('{"status":"NOT_SERVING"}', CRITICAL),
    "express-connected": (EXPRESS % ("ok", 1), OK),
    "express-disconnected": (EXPRESS % ("ok", 0), CRITICAL),
    "express-message": ('{"uptime":4.2,"message":"OK","timestamp":1764313200000}', OK),
    "lightship-ready": ("SERVER_IS_READY", OK),
    "lightship-not-ready": ("SERVER_IS_NOT_READY", CRITICAL),
    "fastapi-ok": (FASTAPI % ("healthy", "connected", "connected"), OK),
    "fastapi-redis-down": (FASTAPI % ("healthy", "connected", "disconnected"), CRITICAL),
    "fastapi-redis-error": (FASTAPI % ("healthy", "connected", "Error 111 connecting to redis:6379"), CRITICAL),
    "fastapi-validation-error": ('{"detail":"Not Found"}', UNKNOWN),
    "rails-green": (RAILS_UP % "green", OK),
    "rails-red": (RAILS_UP % "red", CRITICAL),
    "rails-json": ('{"status":"up","timestamp":"2026-11-28T07:00:00Z"}', OK),
    "laravel-up": (LARAVEL_UP % "up", OK),
    "laravel-in-trouble": (LARAVEL_UP % "experiencing problems", CRITICAL),
    "html-of-somebody": ("<html><body>healthy</body></html>", UNKNOWN),
    "single-page-app": ('<!DOCTYPE html><div id="root"></div><script src="/app.js"></script>', UNKNOWN),
    "empty": ("", UNKNOWN),
    "byte-order-mark": ('\ufeff{"status":"ok"}', OK),
    "lines-up": ("status: ok\nredis: up\nversion: 1.2.3\n", OK),
    # https://github.com/sportngin/okcomputer, GitLab's and Solr's own, https://github.com/liip/LiipMonitorBundle
    "okcomputer-passed": ("default: PASSED Application is running (0s)\ndb: PASSED Schema version: 7 (0.01s)", OK),
    "okcomputer-failed": (
        "default: PASSED Application is running (0s)\ndb: FAILED Error: 'gone' (0.2s)",
        CRITICAL,
    ),
    "gitlab": ("GitLab OK", OK),
    "solr": ('{"responseHeader":{"status":0,"QTime":1},"status":"OK"}', OK),
    "solr-error": ('{"responseHeader":{"status":500,"QTime":1},"status":"OK"}', CRITICAL),
    "liip-ok": (LIIP % ("OK", 0, "ok"), OK),
    "liip-critical": (LIIP % ("OK", 3, "critical"), CRITICAL),
    "liip-skipped": (LIIP % ("OK", 4, "skip"), UNKNOWN),
    "mattermost": ('{"ActiveSearchBackend":"database","status":"OK","database_status":"OK"}', OK),
    "mattermost-database": (
        '{"ActiveSearchBackend":"database","status":"OK","database_status":"UNHEALTHY"}',
        CRITICAL,
    ),
    "elasticsearch-timed-out": (ELASTICSEARCH % ("green", "true"), CRITICAL),
    "eureka": (EUREKA % ("UP", "UP"), OK),
    "eureka-down": (EUREKA % ("UP", "DOWN"), CRITICAL),
    "prisma": ('{"status":"ok","database":"Can\'t reach database server at `db:5432`"}', CRITICAL),
    "mysql-gone": ('{"status":"ok","database":"MySQL server has gone away"}', CRITICAL),
    "redis-full-of-clients": ('{"status":"ok","redis":"ERR max number of clients reached"}', CRITICAL),
    "docker-unhealthy": (DOCKER % ("false", "unhealthy"), CRITICAL),
    "docker-paused": (DOCKER % ("true", "healthy"), CRITICAL),
    "switched-off-features": (
        '{"status":"ok","features":{"beta":false,"search":false},"config":{"cache":false}}',
        OK,
    ),
    "a-flag-that-is-down": ('{"status":"ok","features":{"search":{"status":"down"}}}', CRITICAL),
    "migrations-pending": ('{"status":"ok","migrations":"pending"}', UNKNOWN),
    "licence-expired": ('{"status":"ok","licence":"expired"}', UNKNOWN),
    "a-message-of-failure": ('{"status":"ok","message":"The database is down."}', UNKNOWN),
    "a-message-of-success": ('{"status":"ok","message":"The database is up."}', OK),
    "a-description": ('{"status":"ok","description":"Tells whether the database is down"}', OK),
    "null-beside-a-name": ('{"status":"ok","db":{"latency_ms":null}}', UNKNOWN),
    "nothing-bad-by-name": ('{"status":{"maintenance":false,"degraded":false,"db":true}}', OK),
    "sentry": ('{"problems":[],"healthy":{"CeleryAliveCheck":true,"WarningStatusCheck":true}}', OK),
    "sentry-failing": ('{"problems":[],"healthy":{"CeleryAliveCheck":false,"WarningStatusCheck":true}}', CRITICAL),
    "in-part": ("Some systems are operational", UNKNOWN),
    "in-doubt": ('{"status":"OK?"}', UNKNOWN),
    "a-long-status": ('{"status":"ok%s but the database is down"}' % (" " * 400), UNKNOWN),
    "lines-without-end": ("\n".join(f"service-{n}: ok" for n in range(2000)) + "\nservice-2000: down", UNKNOWN),
    # A failure in the words of one key beside good words of others, and reasons behind the word.
    "django-beside-a-named-one": (
        '{"Disk()":"OK","Database(alias=\'default\')":"unavailable: Database health check failed"}',
        CRITICAL,
    ),
    # Its versions 3.24 and 4 name each check with what it was made with, in JSON and in text.
    "django-4": (DJANGO_4 % "OK", OK),
    "django-4-asleep": (DJANGO_4 % "asleep", UNKNOWN),
    "django-4-warning": (DJANGO_4 % "warning: 91.4\u202f% disk usage", WARNING),
    "django-4-text": (DJANGO_4_TEXT % "OK", OK),
    "django-4-text-failing": (DJANGO_4_TEXT % "Unavailable: Celery workers unavailable", CRITICAL),
    "django-unexpected-result": ('{"Mail":"working","S3StorageHealthCheck":"unexpected result: gone"}', CRITICAL),
    "django-warning-beside-mail": ('{"Mail":"working","DiskUsage":"warning: 91 percent"}', WARNING),
    "refused-under-any-key": ('{"status":"ok","sharp":"dial tcp 10.0.0.5:80: connection refused"}', UNKNOWN),
    "error-under-any-key": ('{"status":"ok","thumbnails":"Error: connect ECONNREFUSED 10.0.0.5:80"}', CRITICAL),
    "failed-in-brackets": ('{"status":"ok","thumbnails":"failed (ENOENT)"}', CRITICAL),
    "down-with-a-reason": ('{"status":"ok","thumbnails":"DOWN - no answer after 5 s"}', CRITICAL),
    "a-red-sign": ('{"status":"ok","thumbnails":"❌"}', CRITICAL),
    "a-status-line": ('{"status":"ok","thumbnails":"503 Service Unavailable"}', CRITICAL),
    "a-module-missing": ('{"status":"ok","sharp":"Cannot find module \'sharp\'"}', UNKNOWN),
    "smallrye-messaging": (
        '{"status":"UP","checks":[{"name":"Messaging","status":"UP","data":{"orders":"[KO] - lost"}}]}',
        CRITICAL,
    ),
    "smallrye-messaging-ok": (
        '{"status":"UP","checks":[{"name":"Messaging","status":"UP","data":{"orders":"[OK]"}}]}',
        OK,
    ),
    "a-message-of-two-words": ('{"status":"OK","message":"Redis unavailable, using memory"}', UNKNOWN),
    "a-word-as-message": ('{"status":"OK","message":"degraded"}', UNKNOWN),
    "nagios-output": ('{"status":"OK","output":"CRITICAL - disk 99%"}', UNKNOWN),
    "no-failure-in-words": ('{"status":"ok","lastJob":"failed: 0, done: 12","message":"0 checks failed"}', OK),
    "helidon-disk": (
        '{"status":"UP","checks":[{"name":"diskSpace","status":"UP","data":{"free":"211 GB","total":"465 GB"}}]}',
        OK,
    ),
    "draining": ('{"ready":true,"draining":true}', CRITICAL),
    "not-draining": ('{"ready":true,"live":true,"draining":false}', OK),
    "circuit-open": ('{"status":"ok","circuitBreaker":"open"}', CRITICAL),
    "circuits-open": ('{"status":"ok","breakers":{"redis":"OPEN","images":"CLOSED"}}', CRITICAL),
    "circuit-closed-with-a-count": (
        '{"status":"ok","circuitBreakers":{"redis":{"state":"CLOSED","failures":2,"fires":90}}}',
        OK,
    ),
    # Spring's certificates, https://github.com/InVisionApp/go-health, https://www.npmjs.com/package/@sebspark/health-check
    "spring-certificate": (SPRING_SSL % ("UP", "VALID"), OK),
    "spring-certificate-expires": (SPRING_SSL % ("WILL_EXPIRE_SOON", "WILL_EXPIRE_SOON"), WARNING),
    "spring-certificate-expired": (SPRING_SSL % ("OUT_OF_SERVICE", "EXPIRED"), CRITICAL),
    "invision": ('{"details":{"db":{"name":"db","status":"ok","fatal":true}},"status":"ok"}', OK),
    "invision-failed": ('{"details":{"db":{"name":"db","status":"failed","fatal":true}},"status":"ok"}', CRITICAL),
    "fatal-by-itself": ('{"status":"ok","fatal":true}', CRITICAL),
    "sebspark": (SEBSPARK % (0, "ok"), OK),
    "sebspark-degraded": (SEBSPARK % (1, "degraded"), WARNING),
    "counts-of-requests": ('{"status":"ok","requests":{"total":100,"errors":5}}', OK),
    "counts-of-checks": ('{"status":"ok","summary":{"total":3,"passed":2,"failed":1}}', CRITICAL),
    "replicas-in-part": ('{"status":"ok","replicas":{"desired":3,"ready":1}}', UNKNOWN),
    "replicas": ('{"status":"ok","replicas":{"desired":3,"ready":3},"pool":{"total":10,"available":3}}', OK),
    "checks-in-part": ('{"status":"ok","passed":2,"total":3}', UNKNOWN),
    "checks-told-in-part": (
        '{"status":"ok","summary":{"total":3,"healthy":2,"degraded":1,"unhealthy":0}}',
        WARNING,
    ),
    "a-description-of-trouble": ('{"status":"ok","description":"Degraded: redis slow"}', UNKNOWN),
    "an-old-failure": (
        '{"status":"ok","entries":[{"name":"db","status":"Healthy"}],"history":[{"status":"Unhealthy"}]}',
        OK,
    ),
    "haproxy-monitor": ("<html><body><h1>200 OK</h1>\nService ready.\n</body></html>\n", OK),
    "haproxy-503": (
        "<html><body><h1>503 Service Unavailable</h1>\nNo server is available to handle this.\n</body></html>",
        CRITICAL,
    ),
    "apache-502": ("<html><head>\n<title>502 Proxy Error</title>\n</head><body></body></html>", CRITICAL),
    "a-page-of-http-statuses": ("<html><body><h1>How to read 503 errors</h1></body></html>", UNKNOWN),
    "traefik-without-servers": ("no available server", CRITICAL),
    "traefik-server": ('{"status":"enabled","serverStatus":{"http://172.18.0.3:80":"DOWN"}}', CRITICAL),
    "lines-down": ("status: ok\nredis: down\n", CRITICAL),
    "php-status-page": ("<?xml version='1.0'?><health><db>ok</db></health>", UNKNOWN),
}


@pytest.mark.parametrize(("body", "expected"), CASES.values(), ids=CASES.keys())
def test_framework_report_has_its_verdict(body: str, expected: str) -> None:
    """Healthy ones are OK without a false alarm; everything else is failing or UNKNOWN."""
    assert verdict(body.encode()) == expected


def test_each_check_that_is_named_with_what_it_was_made_with_is_listed():
    """Also beside one whose name says what it is."""
    for body in (DJANGO_4 % "OK", DJANGO_4_TEXT % "OK"):
        names = [one.name.partition("(")[0] for one in read_report(body.encode()).dependencies]
        assert {"Cache", "Ping"} < set(names)
        assert len(names) == body.count("OK")
