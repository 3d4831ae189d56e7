"""Redis: the cache, its keys and load, and the queues in it."""
