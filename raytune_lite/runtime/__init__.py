"""The shell: stamps time on events, commits them, and performs what the core decides."""
