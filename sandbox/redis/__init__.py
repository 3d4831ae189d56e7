"""A real Valkey, with its burdens, its queues and its past."""
