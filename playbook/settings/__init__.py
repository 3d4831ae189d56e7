"""The settings of a target, by section, and what they say of a product."""
