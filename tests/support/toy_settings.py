"""The product's settings for processes that shall know the toys of the tests as registered things."""

from nas import registry
from nasweb.settings import *  # noqa: F403
from tests.support.toy_registry import TOYS

for of, name, path in (*TOYS, (registry.estimators, "no_op", "tests.bench.no_op:NoOp")):
    of.add(name, path)
