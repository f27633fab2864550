"""Figures with bounds: `scripts/bench` measures the real `portal serve`, and a desk with 10,000 reports, and fails if a
bound is broken.

Each figure is a ratio to something measured in the same run, or a bound so wide that only a fault breaks it: the
machines that run this are shared and differ.
"""
