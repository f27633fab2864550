"""What a hostile age file or key file may make us hold in memory or compute: every limit, with its unit."""

HEADER_BYTES = 256 * 1024
"""The whole header, bytes: room for 160 hybrid recipients."""
HEADER_STANZAS = 1024
"""Stanzas in one header; each may cost a decapsulation for each identity."""
HEADER_LINE_BYTES = 8 * 1024
"""One line of a header, bytes; that of a hybrid stanza has 1,512."""
ARMOR_WHITESPACE_BYTES = 1024
"""Whitespace before the armor, and as much after it, bytes."""
KEY_FILE_BYTES = 16 * 1024 * 1024
"""A file of recipients or identities, bytes."""
SCRYPT_WORK_FACTOR = 20
"""Highest scrypt work factor that is computed, as the base-two logarithm of N: 1 GiB of memory, some seconds."""
