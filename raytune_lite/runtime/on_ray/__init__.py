"""The one door to Ray: the driver actor, the launcher that owns the tasks, the task itself, and resource requests.

Imports nothing here: a worker process needs ``task`` alone, without the driver's database.
"""

NAMESPACE = "raytune_lite"  # Ray's, of the driver actors
