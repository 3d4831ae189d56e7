"""Alertmanager, and the receiver of its messages."""
