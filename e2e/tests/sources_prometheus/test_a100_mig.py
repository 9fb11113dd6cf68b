"""A real A100 in four MIG instances: its DCGM page in a real Prometheus, beside its real Node object."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from aicost.cluster.nodes import seen_node
from aicost.core.window import Instant, Window, hour_of
from aicost.sources.dcgm import Dcgm
from aicost.sources.dcgm_history import DcgmHistory
from aicost.sources.load_series import LoadSeries
from aicost.sources.prometheus import Prometheus
from e2e.scenario.series import Piece
from e2e.tests.sources_prometheus.conftest import Backfilled

CARD = "GPU-473571f2-fb37-ef7e-50fe-9885b74a23cd"
AT = Instant(1_793_491_800)
INSTANCES = {"5": "2g.10gb", "7": "1g.5gb", "8": "1g.5gb", "9": "1g.5gb"}
BUSY = "8"


def page(folder: Path, *, held: bool) -> Iterator[Piece]:
    """The page's series; where one is to be held, the busy instance names a pod, as dcgm-exporter would with one."""
    text = (folder / "dcgm-samples" / "a100-mig-4-instances.prom.txt").read_text()
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


def test_its_node_says_what_each_instance_is_of_the_card(recorded: Path) -> None:
    """The same instances that DCGM shows, three of a fifth and one of two fifths: the whole card, exactly."""
    node = yaml.safe_load((recorded / "node-samples" / "a100-mig-mixed-4-instances.node.yaml").read_text())
    (cards,) = seen_node(node).cards
    counted = {slot.resource.removeprefix("nvidia.com/mig-"): slot.count for slot in cards.slots}
    assert counted == {name: list(INSTANCES.values()).count(name) for name in INSTANCES.values()}
    whole = sum(slot.count * slot.weight for slot in cards.slots)
    shares = {slot.resource: Fraction(slot.weight, whole) for slot in cards.slots}
    assert shares == {"nvidia.com/mig-1g.5gb": Fraction(1, 5), "nvidia.com/mig-2g.10gb": Fraction(2, 5)}
