"""The whole way on real servers of this machine, in one command: `python -m deploy.demo`."""
