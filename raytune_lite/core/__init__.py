"""The decision core: events in, commands out. Imports no Ray, SQL, torch, clock, file, thread or global random."""
