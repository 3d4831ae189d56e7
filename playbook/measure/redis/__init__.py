"""Redis: the cache, its keys and load, and its queues."""
