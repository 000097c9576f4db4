"""Checkpoints on a disk: how they are named, written, read and deleted. Knows no database and no trial's state."""
