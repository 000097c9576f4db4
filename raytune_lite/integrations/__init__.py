"""Other libraries' own ways to report a trial: one module a library, each imported only by who uses it."""
