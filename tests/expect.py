"""The one way a test in Python says that something is not as it should be."""


def check(condition, *what):
    if not condition:
        raise AssertionError(' '.join(str(part) for part in what))
