"""Clusters of several nodes on this machine. Each test takes most of a minute or more: `make cluster` runs them."""
