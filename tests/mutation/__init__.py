"""Tests of the tests: code that is changed on purpose must be noticed. docs/mutation.md tells what is not, and why.

mutant  runs tests with one change in one module, nothing written anywhere
every   every change that mutmut knows, for `scripts/prove mutation`
"""
