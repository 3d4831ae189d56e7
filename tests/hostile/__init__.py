"""Servers and files that mean harm, each asked in a process that has little memory, with a limit on its time."""

MODULES = ("archives", "redis", "object_storage", "json_answers", "others")
