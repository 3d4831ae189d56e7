"""Whose turn it is: the order of the checks of many targets, on a virtual clock."""

from types import SimpleNamespace

import pytest

from playbook.clients.pace import Bucket
from playbook.run.turns import LATE, MOST_AT_ONCE, MOST_READY, Turns


class Measuring:
    """The measurements of one target: settled from a moment on."""

    def __init__(self, clock, seconds):
        self.clock, self.ends = clock, clock.now + seconds

    def is_settled(self):
        return self.clock.now >= self.ends


class World:
    """Some targets with two checks each, of which some hang, and what becomes of them in which order."""

    def __init__(self, names, *, hanging=(), checks=2, puts_off=True, check_seconds=0.1):
        self.now, self.order, self.begun = 0.0, [], []
        self.check_seconds = check_seconds
        self.hanging, self.running = set(hanging), {}
        self.items = [SimpleNamespace(target=name, check=check) for name in names for check in range(checks)]
        self.turns = Turns(
            self.items,
            lambda item: item.target,
            self.start,
            gates={},
            puts_off=puts_off,
            at_once=2,
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds):
        self.now += seconds

    def start(self, name):
        self.begun.append((name, self.now))
        self.running[name] = Measuring(self, 50.0 if name in self.hanging else 1.0)
        return SimpleNamespace(measurements=self.running[name])

    def run(self):
        """As pytest's loop: it knows the next check when it begins one. A check waits for what it needs."""
        last = []
        for item in self.items:
            self.turns.before(item)
            self.now = max(self.now + self.check_seconds, self.running[item.target].ends)
            self.order.append((item.target, item.check))
            if self.turns.after(item):
                last.append(item.target)
        return last


def test_targets_run_one_after_another_in_order():
    """With all of their checks together, and each ends once."""
    world = World(["a", "b", "c"])
    assert world.run() == ["a", "b", "c"]
    assert world.order == [(name, check) for name in "abc" for check in range(2)]


def test_next_targets_are_measured_while_one_is_judged():
    """No more at once than may be, and in less time than one by one."""
    world = World("abcdef")
    world.run()
    assert [name for name, _ in world.begun] == list("abcdef")
    assert world.begun[1][1] == 0
    assert world.now < 5.0


def test_few_targets_are_measured_long_before_they_are_judged():
    """What is measured grows old, and keeps its connections open, until it is judged."""
    world = World([f"shop-{number}" for number in range(20)], checks=5, check_seconds=3.0)
    world.run()
    ended = {name: 15.0 * (number + 1) for number, (name, _) in enumerate(world.begun)}
    for moment in range(300):
        begun = {name for name, at in world.begun if at <= moment}
        assert len([name for name in begun if ended[name] > moment]) <= MOST_READY + 2


def test_hanging_target_is_postponed_to_the_end():
    """It is put off to the end, where nobody waits for it any more; all of its checks are run all the same."""
    names = [f"shop-{number}" for number in range(30)]
    world = World(names, hanging=["shop-1", "shop-7", "shop-8"])
    world.run()
    ended = [name for name, check in world.order if check == 1]
    assert sorted(ended) == sorted(names)
    assert set(ended[-3:]) == {"shop-1", "shop-7", "shop-8"}
    assert len(world.order) == len(set(world.order)) == 60
    assert world.now < 80  # and not 150


def test_hanging_first_target_costs_one_wait():
    """It costs what one check waits for, once; its other checks come later."""
    world = World(["a", "b", "c"], hanging=["a"], checks=3)
    world.run()
    assert sorted(world.order) == [(name, check) for name in "abc" for check in range(3)]
    assert world.now < 60


def test_number_of_hanging_targets_is_bounded():
    """Each has dozens of threads."""
    world = World([f"shop-{number}" for number in range(200)], hanging=[f"shop-{n}" for n in range(200)])
    world.run()
    assert len({name for name, moment in world.begun if moment < LATE}) <= 3
    begun_early = [name for name, moment in world.begun if moment <= 50.0]
    assert len(begun_early) <= MOST_AT_ONCE + 1


def test_xdist_worker_keeps_order_of_controller():
    """xdist tells a worker which check comes next by its place in the list; nothing is begun ahead there."""
    world = World(["a", "b"], hanging=["a"], puts_off=False)
    world.run()
    assert world.order == [("a", 0), ("a", 1), ("b", 0), ("b", 1)]
    assert world.begun[1][1] >= 50


def test_target_waits_for_its_token_while_others_proceed():
    """Two tokens; the one has no turns left for a minute."""
    world = World(["a", "b", "c"])
    spent, other = (Bucket(now=lambda: world.now, sleep=world.sleep) for _ in range(2))
    for _ in range(240):
        spent.take(1e9)
    world.turns._gates = {"a": other, "b": spent, "c": other}
    assert world.run() == ["a", "c", "b"]
    assert world.begun[2][1] == pytest.approx(61, abs=1)
