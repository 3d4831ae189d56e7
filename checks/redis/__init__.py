"""Cache and queue."""
