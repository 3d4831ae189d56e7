"""Node ids with and without a target."""

import pytest

from playbook.core.check_ids import parameter_id, target_in, with_target, without_target

TARGETS = ["a", "shop-a", "shop.a_2"]
CHECK = "checks/redis/test_redis.py::test_alive"


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("own", ["", "[north]", "[a]", "[shop-a]", "[x-@shop]", "[a[0]-b]", "[-@]"])
def test_target_survives_a_round_trip(own, target):
    """Also beside parameters that look like a target, and where one target's name is the end of another's."""
    nodeid = with_target(CHECK + own, target)
    assert target_in(nodeid, TARGETS) == target
    assert without_target(nodeid, target) == CHECK + own


@pytest.mark.parametrize("nodeid", [CHECK, f"{CHECK}[north]", "checks/redis/test_redis.py", f"{CHECK}[north-a]"])
def test_id_without_target_names_none(nodeid):
    """A parameter is not a target."""
    assert target_in(nodeid, TARGETS) is None


def test_id_matches_pytests_parameter_ids():
    """``test_x[shop-a]``; after parameters of the check it is distinct from them."""
    assert with_target(CHECK, "shop-a") == f"{CHECK}[{parameter_id('shop-a', has_others=False)}]"
    assert with_target(f"{CHECK}[x]", "shop-a") == f"{CHECK}[x-{parameter_id('shop-a', has_others=True)}]"
