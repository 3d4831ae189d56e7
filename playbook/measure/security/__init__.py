"""Who may do what, who tried to, and what is known to be weak."""
