"""How long the answer to eight words takes, and whether that tells anything of the thread."""
