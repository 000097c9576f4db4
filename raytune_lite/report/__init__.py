"""Readers for people: live progress, the summary at the end, tables. They change nothing."""
