"""Node ids with a target in them, and the same without."""

import pytest

from playbook.core.check_ids import parameter_id, target_in, with_target, without_target

TARGETS = ["a", "shop-a", "shop.a_2"]
CHECK = "checks/redis/test_redis.py::test_alive"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("own", ["", "[north]", "[a]", "[shop-a]", "[x-@shop]", "[a[0]-b]", "[-@]"])
def test_target_comes_out_as_it_went_in(own, target):
    """Also beside parameters that look like a target, and where one target's name ends as another's."""
    nodeid = with_target(CHECK + own, target)
    assert target_in(nodeid, TARGETS) == target
    assert without_target(nodeid, target) == CHECK + own


@pytest.mark.parametrize("nodeid", [CHECK, f"{CHECK}[north]", "checks/redis/test_redis.py", f"{CHECK}[north-a]"])
def test_id_of_no_target_names_none(nodeid):
    """A parameter is none."""
    assert target_in(nodeid, TARGETS) is None


def test_id_is_what_pytest_makes_of_the_parameter():
    """``test_x[shop-a]``; behind parameters of its own it is told from them."""
    assert with_target(CHECK, "shop-a") == f"{CHECK}[{parameter_id('shop-a', has_others=False)}]"
    assert with_target(f"{CHECK}[x]", "shop-a") == f"{CHECK}[x-{parameter_id('shop-a', has_others=True)}]"
