"""The settings' tables as types: one module for each subject. Plain data; ``settings.loading`` reads them."""
