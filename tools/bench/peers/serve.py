"""A step for every line on stdin, its cost on stdout: what tools/bench asks of a peer."""
import sys


def serve(step):
    print("ready", flush=True)
    for _ in sys.stdin:
        print(step(), flush=True)
