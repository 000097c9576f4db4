"""The plugin by which Hydra finds raytune_lite's sweeper: ``hydra/sweeper=raytune_lite``."""
