"""One foreground process that starts, watches and stops everything the product needs on one machine.

It knows nothing of runs or trials: it keeps processes alive. `manage.py up` is its only door.
"""
