"""Crowds that mean harm, beside a reporter who does not: `scripts/prove flood flood-tor`, small ones in the suite.

crowd     the attackers, in a process of their own
tunnel    their way through Tor
onion     an onion service, the tors of attackers and reporters, and what the portal's tor says of a flood
measure   how long a text report takes beside them
"""
