"""The page templates, installed as `portal.templates`."""
