"""The desk's page: Flask on loopback, for people who do not live in a terminal."""
