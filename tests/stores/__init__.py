"""One suite for every store: in memory, SQLite, PostgreSQL, MariaDB."""
