"""Every limit of Portevoix in one place, with its unit.

A limit that a deployment may change is a field of `portal.settings.Settings` whose default stands here.
"""

KIB = 1024
MIB = 1024 * KIB

# What a reporter sends.
TYPED_BYTES = 24_000
"""All typed text of one submission, bytes of UTF-8 (docs/format.md section 2)."""
ATTACHMENT_COUNT = 20
"""Files in one submission."""
ATTACHMENT_BYTES = 200 * MIB
"""One file, bytes."""
SUBMISSION_BYTES = 256 * MIB
"""One request body, bytes."""
FILE_NAME_BYTES = 255
"""The reporter's own name for a file, bytes of UTF-8; a longer one is cut."""
MEDIA_TYPE_BYTES = 127
"""The declared type of a file (RFC 6838 section 4.2), bytes."""
FORM_BYTES = 256 * KIB
"""All names and values of one form, bytes: far above `TYPED_BYTES`, so that a text too long can be given back."""
FORM_PARTS = 1_000
"""Fields and files of one form."""
FORM_HEADER_BYTES = 8 * KIB
"""The headers of one part of a form (name, file name, type), bytes."""
FORM_OWN_BYTES = 128 * KIB
"""What every form may hold in memory while it is here, bytes: `TYPED_BYTES` in 160 fields, …"""
FORMS_BYTES = 64 * MIB
"""… and what all forms together may hold beyond that; one more is refused."""

# What a sealed item holds (docs/format.md sections 2 and 3).
ITEM_BYTES = 64 * KIB
"""The padded archive of an item without attachments, bytes."""
REPORT_BYTES = 60 * KIB
"""`report.json` without attachments, bytes."""
REPORT_WITH_ATTACHMENTS_BYTES = 128 * KIB
"""`report.json` with attachments, bytes."""
REPORT_TEXT_BYTES = 256 * KIB
"""`report.txt`, bytes, as far as a reader of hostile items goes."""

# Replies (docs/format.md section 8).
REPLY_BYTES = 16 * KIB
"""The padded archive of a reply, bytes."""
REPLY_TEXT_BYTES = 4_000
"""The text of a reply, bytes of UTF-8."""
SEALED_REPLY_BYTES = 32 * KIB
"""A sealed reply as it travels, bytes: the archive, one stanza, and room to spare."""
REPLY_MONTHS = 12
"""How long an unread reply lies at the portal, months."""

# Bundles and packs (docs/format.md sections 9 and 10).
MANIFEST_BYTES = 16 * MIB
"""`manifest.json`, bytes."""
SIGNATURE_BYTES = 1 * KIB
"""`manifest.json.minisig`, bytes."""
BUNDLE_ITEMS = 10_000
"""Items in one bundle."""
PACK_REPLIES = 10_000
"""Replies in one pack."""
PACK_COLLECTED = 20_000
"""Acknowledgements in one pack."""
SEALED_ITEM_BYTES = 320 * MIB
"""One sealed item as it travels, bytes: a submission, Padmé's 12 %, the header."""

# Transfers and backups (docs/format.md sections 12 and 13).
TRANSFER_ITEMS = 1_000
"""Items in one transfer."""
TRANSFER_ANSWERS = 1_000
"""Answers in one transfer."""
TRANSFER_NOTES = 1_000
"""Notes in one transfer."""
TRANSFER_KEYS = 100
"""Keys that signed what a transfer holds of the sender's log."""
TRANSFER_LOG = 10_000
"""Entries of the sender's log in one transfer."""
SMALL_FILE_BYTES = 1 * MIB
"""A keyring, a public key or a file of settings in a backup, bytes."""
BACKUPS_KEPT = 7
"""So many backups stay at the backup place, unless another number is set."""
RESTORE_LEAP = 1_000
"""A desk that was put back goes on so many pack counters later: nobody packs so often after a backup."""

# Key stretching (docs/format.md section 6).
ARGON2_PASSES = 3
ARGON2_KIB = 64 * KIB
"""Memory of one Argon2id, KiB."""
PERMITS = 8
"""Keys that are stretched at once, at most, where the settings do not say it: half a GiB of memory. A processor with
more cores would take more memory than the unit of the portal has (`MemoryMax`)."""

# Time.
TICKET_DAYS = 1
"""Days after its own on which a ticket takes new reports; one more for repeats."""
DAY_KEYS = 3
"""Days, today among them, whose keys are accepted."""
MAILBOX_SECONDS = 2 * 3600
"""A mailbox page shows replies for so long after the last one, seconds."""
MAILBOX_MAX_SECONDS = 12 * 3600
"""… and never longer than this after the words were typed, seconds."""
MAILBOX_GRACE_SECONDS = 6 * 3600
"""After that a message is still taken for so long, seconds, without showing replies."""
FILING_WAIT_SECONDS = 60.0
"""A filing without files waits so long for key stretching, seconds; one with files waits on."""
MAILBOX_WAIT_SECONDS = 30.0
"""A mailbox visit waits so long for key stretching, seconds."""

# Room (defaults; `portal.settings`).
IN_FLIGHT_BYTES = 2048 * MIB
"""All request bodies that are being received at one moment, bytes; they lie encrypted on the state volume."""
FREE_BYTES_ATTACHMENTS = 1024 * MIB
"""Below this much free space attachments are refused, bytes."""
FREE_BYTES_TEXT = 64 * MIB
"""Below this much free space every report is refused, bytes."""

# Serving.
RECV_BYTES = 8 * KIB
"""What is read from a connection at once, bytes, waitress' own default, …"""
RECV_TIMES = 16
"""… and where more has come, so often before the next connection has its turn."""
HEADER_BYTES = 16 * KIB
"""Request line and headers of one request, bytes; Tor Browser sends about 600."""
CHUNK_LINE_BYTES = 1 * KIB
"""One line of a chunked body: a size with its extensions, or a trailer field; bytes."""
CHUNK_TRAILER_BYTES = 16 * KIB
"""All trailer fields of a chunked body, bytes."""
SMALL_BODY_BYTES = 128 * KIB
"""A body up to here is never counted as in flight and never waits behind a larger one, bytes: `TYPED_BYTES`
percent-encoded are 72,000, and field names come with them."""
CONNECTIONS = 600
"""Open connections; one more closes the one that gets on worst."""
BACKLOG = 512
"""Connections that the kernel keeps until they are accepted."""
PAGE_THREADS = 4
"""Threads for requests without a body."""
TEXT_THREADS = 16
"""Threads for requests with a small body: most of them wait for key stretching."""
FILE_THREADS = 4
"""Threads for requests with a larger body."""
PATIENT_THREADS = 4
"""Threads for requests that give way to all others: those that open a mailbox, and stretch a key for it."""
PATIENT_WAITING = 64
"""So many of them may wait for a thread; one more is told at once that the portal is busy."""
IDLE_SECONDS = 120.0
"""A connection may stay open without a request, seconds."""
HEADERS_SECONDS = 30.0
"""The headers of a request may take, seconds."""
STALL_SECONDS = 120.0
"""A body may stop coming, or an answer stop being taken, seconds."""
SLOWEST_BODY = 64
"""A body must come at least so fast, bytes a second, …"""
SLOW_BODY_SECONDS = 300.0
"""… after so many seconds."""
DRAIN_BYTES = 1024 * MIB
"""Of a body that is refused so much is read and dropped, bytes: Firefox shows the answer only when all is sent, …"""
DRAIN_SECONDS = 1800.0
"""… and for so long, seconds."""
LINGER_SECONDS = 30.0
"""A connection whose request was refused is read on for so long after the answer, seconds, so that it arrives."""
CLEANUP_SECONDS = 5.0
"""Connections are looked over so often, seconds."""
STOP_SECONDS = 3.0
"""After the signal to stop, requests may still be finished for so long, seconds."""

# session.secret (docs/format.md section 14).
SESSION_RESTART_DAYS = 7
"""A portal whose secret was replaced has to be started again within this time, days; only then is the new one used."""
SESSION_SECRETS = 8
"""Secrets that open what was sealed before; each costs every visitor with a wrong ticket a moment."""

# Keys of the desks (docs/format.md section 11).
ROSTER_BYTES = 64 * KIB
"""`roster.toml`, bytes: about thirty recipients."""
KEY_GRACE_DAYS = 30
"""A desk's key is sealed to as before for so long after its last day, days; then no files, and text always."""
KEY_DAYS = 366
"""A new key is listed for so long, days, unless the coordination writes another day; an older one is told of."""

# The desk's page.
DESK_IDLE_SECONDS = 900.0
"""The desk locks itself when nothing was asked for so long, seconds."""
DESK_UPLOAD_BYTES = 2048 * MIB
"""A file that is handed to the page, bytes; a larger one is imported by its path."""
DESK_FORM_BYTES = 256 * KIB
"""All that is typed into one form of the page, bytes."""
