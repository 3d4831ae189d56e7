"""Key figures from the metrics store: now, over a day, a week and a month; and costs."""
