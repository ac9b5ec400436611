"""The use cases of the server: create, watch and steer runs. Knows no web and no torch."""
