"""The settings' tables as types, one module per subject. Plain data; read by ``settings.loading``."""
