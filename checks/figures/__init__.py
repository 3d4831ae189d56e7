"""Figures over days, weeks and months: key figures, dashboards, costs, capacity, troubleshooting, optimisation."""
