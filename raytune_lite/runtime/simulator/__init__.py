"""A cluster that is simulated: virtual time, every kind of fault, the real core, session and worker."""
