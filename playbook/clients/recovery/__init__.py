"""What a drill may change: a place to restore into, a test alert, a rollback; each needs a permit."""
