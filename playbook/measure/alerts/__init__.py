"""Alerts that fire, and whether an alert reaches somebody."""
