"""Past load tests."""
