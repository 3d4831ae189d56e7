"""The foundation: verdicts, limits, evidence, the engine, the record. It makes no requests."""
