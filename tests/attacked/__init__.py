"""Requests as an attacker sends them, over raw sockets, to the whole portal; and what must be true of every answer.

    wire      bytes out, answers in, with a bound
    attack    one request of the corpus and its expected answers
    corpus/   the requests, a module a group
    visit     what a request may carry: cookies, tokens, tickets and capsules, ours, another visitor's, another day's
    world     the portal that is asked
    checker   what is wrong with the answers to an attack
    campaign  many attacks, and a report by somebody else

`test_corpus` asks; `test_planted` breaks the portal on purpose and shows that the checker reports it. The proof
`scripts/prove attacked` sends the same corpus to `portal serve` as it is deployed.
"""
