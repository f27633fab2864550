"""Crowds that mean harm, beside a reporter who does not: `scripts/prove flood` at full size, a small one in the suite.

crowd     the attackers, in a process of their own
measure   how long a text report takes beside them
"""
