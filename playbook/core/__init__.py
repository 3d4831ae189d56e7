"""What everything stands on: verdicts, limits, evidence, the engine, the record; it asks nobody."""
