"""Trials over several processes: one attempt, n ranks. Rank 0 talks to the driver; the other ranks follow its calls.

Knows no Ray. Imports nothing here: a worker process loads what its rank needs.
"""
