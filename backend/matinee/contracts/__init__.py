"""What the processes, the API and the page agree on. Imports nothing but pydantic and `errors`."""
