"""Real servers on this machine, without containers: `python -m deploy.local up|down|clean|status`."""
