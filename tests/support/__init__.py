"""What tests need outside of this process: a Redis-protocol server and a PostgreSQL server."""
