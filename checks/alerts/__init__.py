"""Alert rules, routes and silences."""
