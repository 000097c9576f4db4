"""Virtual time: simulated processes, the host port on them, and a quiet cluster, in which nothing fails."""
