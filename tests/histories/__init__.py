"""Event logs of released versions, and what each folds to. They are folded for ever; see ``record``."""
