"""Every measurement states its coverage; the build fails for one that does not."""

import inspect
import typing

import pytest

from playbook.core.coverage import Coverage
from playbook.core.engine import REGISTRY
from playbook.run.run import load_providers

load_providers()
MEASUREMENTS = sorted(name for name, provider in REGISTRY.items() if not provider.is_client)


def kinds(name):
    """Types that a measurement may return."""
    module = inspect.getmodule(REGISTRY[name].function)
    returned = inspect.signature(REGISTRY[name].function).return_annotation
    kind = eval(returned, vars(module)) if isinstance(returned, str) else returned
    return typing.get_args(kind) or (kind,)


@pytest.mark.parametrize("name", MEASUREMENTS)
def test_measurement_states_its_coverage(name):
    """As a property or a field of its value."""
    for kind in kinds(name):
        stated = inspect.getattr_static(kind, "coverage", None)
        if isinstance(stated, property):
            returned = inspect.signature(stated.fget).return_annotation
        else:
            returned = kind.__annotations__.get("coverage")
        assert returned in {"Coverage", Coverage}, f"{kind.__name__}, which {name} returns, states no coverage"
