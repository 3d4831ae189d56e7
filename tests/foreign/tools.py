"""The commands and options of the programs in the instructions for operators.

doctl's are taken from its source (apps, invoices, balance, databases, firewalls and sshkeys under commands/,
August 2026), the AWS command line's from its reference. Programs that a machine may have are also queried for
their help.
"""

DOCTL_GLOBAL = {"--access-token", "-t", "--context", "--output", "-o", "--format", "--no-header"}
DOCTL: dict[str, set[str]] = {
    "apps create": {"--spec", "--wait", "--upsert", "--update-sources", "--project-id"},
    "apps get": set(),
    "apps list": {"--with-projects"},
    "apps update": {"--spec", "--update-sources", "--wait"},
    "apps delete": {"--force", "-f"},
    "apps restart": {"--components", "--wait"},
    "apps create-deployment": {"--force-rebuild", "--wait"},
    "apps get-deployment": set(),
    "apps list-deployments": set(),
    "apps list-job-invocations": {"--deployment", "--job-name"},
    "apps get-job-invocation": set(),
    "apps cancel-job-invocation": set(),
    "apps list-events": {"--event-type"},
    "apps cancel-event": set(),
    "apps get-event": set(),
    "apps logs": {
        "--deployment",
        "--job-invocation",
        "--event-id",
        "--type",
        "--follow",
        "-f",
        "--tail",
        "--no-prefix",
    },
    "apps console": {"--deployment", "--instance-name"},
    "apps list-instances": set(),
    "apps list-regions": set(),
    "apps propose": {"--spec", "--app"},
    "apps list-alerts": set(),
    "apps update-alert-destinations": {"--app-alert-destinations"},
    "apps list-buildpacks": set(),
    "apps upgrade-buildpack": {"--buildpack", "--major-version", "--trigger-deployment"},
    "apps spec get": {"--deployment", "--format"},
    "apps spec validate": {"--schema-only"},
    "balance get": set(),
    "invoice get": set(),
    "invoice list": set(),
    "invoice summary": set(),
    "invoice pdf": set(),
    "invoice csv": set(),
    "databases maintenance-window get": set(),
    "databases list": set(),
    "databases get": set(),
    "databases get-ca": set(),
    "databases backups": set(),
    "databases connection": {"--private"},
    "databases firewalls list": set(),
    "databases firewalls replace": {"--rule"},
    "databases firewalls append": {"--rule"},
    "databases firewalls remove": {"--uuid"},
    "compute firewall list": set(),
    "compute firewall get": set(),
    "compute firewall list-by-droplet": set(),
    "compute ssh-key list": set(),
    "compute ssh-key get": set(),
}
# Allowed columns of --format.
DOCTL_COLUMNS = {
    "apps list-deployments": {"ID", "Cause", "Progress", "Phase", "Created", "Updated"},
    "invoice list": {"InvoiceUUID", "Amount", "InvoicePeriod"},
    "apps spec get": {"yaml", "json"},
    "databases list": {"ID", "Name", "Engine", "Version", "NumNodes", "Region", "Status", "Size"},
    "databases get": {"ID", "Name", "Engine", "Version", "NumNodes", "Region", "Status", "Size"},
    "databases maintenance-window get": {"Day", "Hour", "Pending"},
}
AWS_S3_LS = {
    "--recursive",
    "--human-readable",
    "--summarize",
    "--endpoint-url",
    "--profile",
    "--region",
    "--no-sign-request",
}
CURL = {
    *("-s", "-S", "-I", "-v", "-o", "-w", "-X", "-F", "-H", "-G", "-d", "-f", "-L", "-k", "-u", "-m"),
    *("--data-urlencode", "--tls-max", "--max-time", "--connect-timeout", "--cacert", "--fail", "--head"),
}
REDIS_CLI = {
    "-u",
    "-h",
    "-p",
    "-n",
    "-i",
    "--tls",
    "--cacert",
    "--memkeys",
    "--memkeys-samples",
    "--bigkeys",
    "--scan",
}
# Read-only commands of the server, https://valkey.io/commands/
REDIS = {
    "ping",
    "info",
    "llen",
    "hgetall",
    "hget",
    "get",
    "ttl",
    "dbsize",
    "client list",
    "slowlog get",
    "memory usage",
}
REDIS |= {"latency doctor", "memory doctor", "config get", "scan", "lastsave", "role"}
AMTOOL = {"config routes test", "config routes show", "alert query", "silence query", "check-config"}
NPM = {"audit", "outdated", "ls"}
SHELL = {
    "jq",
    "grep",
    "head",
    "tail",
    "cat",
    "zcat",
    "ls",
    "tar",
    "sed",
    "date",
    "find",
    "sort",
    "uniq",
    "wc",
    "echo",
}
