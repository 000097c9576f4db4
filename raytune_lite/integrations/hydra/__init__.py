"""A Hydra sweeper: ``hydra/sweeper=raytune_lite`` runs each job of a ``--multirun`` as a trial of one study.

The plugin that Hydra finds is in ``hydra_plugins/raytune_lite_sweeper``; it has the configuration and nothing else.
"""
