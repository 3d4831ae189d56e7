"""Prometheus, Grafana and Alertmanager, with sixty days of samples behind them."""
