"""A real A100 in four MIG instances: its DCGM page in a real Prometheus, beside its real Node object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from aicost.cluster.nodes import seen_node
from aicost.core.window import Instant, Window, hour_of
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.dcgm_placements import DcgmPlacements
from aicost.sources.load_series import LoadSeries
from aicost.sources.prometheus import Prometheus
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

CARD = "GPU-473571f2-fb37-ef7e-50fe-9885b74a23cd"
AT = Instant(1_793_491_800)
INSTANCES = {"5": "2g.10gb", "7": "1g.5gb", "8": "1g.5gb", "9": "1g.5gb"}
BUSY = "8"


def page(folder: Path, *, held: bool, instances: int = 4) -> Iterator[Piece]:
    """The page's series; where one is to be held, the busy instance names a pod, as dcgm-exporter would with one."""
    text = (folder / "dcgm-samples" / f"a100-mig-{instances}-instances.prom.txt").read_text()
    for family in text_string_to_metric_families(text + "\n"):
        for sample in family.samples:
            labels = dict(sample.labels)
            if held and labels.get("GPU_I_ID") == BUSY:
                labels |= {"namespace": "lab", "pod": "trainer-0", "container": "main"}
            own = tuple(sorted((name, value) for name, value in labels.items() if value))
            yield Piece(sample.name, own, sample.value, AT, AT + 1)


@pytest.fixture(params=[False, True], ids=["free", "held"])
def held(request: pytest.FixtureRequest) -> bool:
    """Whether a pod holds the busy instance."""
    return bool(request.param)


@pytest.fixture
def prometheus(backfilled: Backfilled, recorded: Path, held: bool) -> Prometheus:
    """It remembers one scrape of the page."""
    return Prometheus(backfilled(list(page(recorded, held=held)), [AT]))


async def test_four_instances_are_one_card(prometheus: Prometheus) -> None:
    """DCGM alone tells of one card that is cut, and not into what: nobody is charged by its labels."""
    account = await DcgmHistory(prometheus).devices(Window(Instant(AT - 600), Instant(AT + 600)))
    assert account
    (group,) = account.devices.groups
    assert (group.product, group.cards, group.sharing, group.devices) == ("NVIDIA-A100-SXM4-40GB", 1, "mig", ())
    assert account.devices.holdings == ()


async def test_use_is_by_instance_and_holder(prometheus: Prometheus, held: bool) -> None:
    """An instance that nobody holds tells nothing of anybody; a held one tells its own activity, not the card's."""
    uses = await Dcgm(prometheus).card_use(hour_of(AT))
    told = [(use.pod, use.card, use.signal, use.busy_ppm) for use in uses]
    assert told == ([("trainer-0", f"{CARD}/{BUSY}", "DCGM_FI_PROF_GR_ENGINE_ACTIVE", 408_493)] if held else [])
    loads = (await LoadSeries(prometheus).loads(hour_of(AT))).cards
    peaks = [(load.pod, load.card, load.peak_ppm, load.memory_peak_mib, load.duty_peak_ppm) for load in loads]
    assert peaks == ([("trainer-0", f"{CARD}/{BUSY}", 408_493, 4384, None)] if held else [])


async def test_where_instances_lie_is_told_where_cards_are_cut_differently(
    backfilled: Backfilled, recorded: Path
) -> None:
    """Two real cards as one node's: seven instances, one of them held. Of either card alone there is nothing to tell."""
    both = [*page(recorded, held=True), *page(recorded, held=False, instances=3)]
    there = [replace(each, labels=tuple(sorted({**dict(each.labels), "Hostname": "node-a"}.items()))) for each in both]
    placements = await DcgmPlacements(Prometheus(backfilled(there, [AT]))).placements(hour_of(AT))
    assert [each.holder for each in placements if each.holder] == ["lab/trainer-0"]
    assert {each.instance: each.profile for each in placements if each.card == CARD} == INSTANCES
    assert (len(placements), {each.node for each in placements}) == (7, {"node-a"})
    assert {each.window for each in placements} == {hour_of(AT)}
    alone = Prometheus(backfilled(list(page(recorded, held=True)), [AT]))
    assert await DcgmPlacements(alone).placements(hour_of(AT)) == ()


def test_its_node_says_what_each_instance_is_of_the_card(recorded: Path) -> None:
    """The same instances that DCGM shows, three of a fifth and one of two fifths: the whole card, exactly."""
    node = yaml.safe_load((recorded / "node-samples" / "a100-mig-mixed-4-instances.node.yaml").read_text())
    (cards,) = seen_node(node).cards
    counted = {slot.resource.removeprefix("nvidia.com/mig-"): slot.count for slot in cards.slots}
    assert counted == {name: list(INSTANCES.values()).count(name) for name in INSTANCES.values()}
    whole = sum(slot.count * slot.weight for slot in cards.slots)
    shares = {slot.resource: Fraction(slot.weight, whole) for slot in cards.slots}
    assert shares == {"nvidia.com/mig-1g.5gb": Fraction(1, 5), "nvidia.com/mig-2g.10gb": Fraction(2, 5)}
