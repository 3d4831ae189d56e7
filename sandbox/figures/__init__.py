"""Prometheus and Grafana, over samples that are computed."""
