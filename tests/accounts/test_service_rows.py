"""A service is a row: of its kind, its group, its users, its flows, and of each frame that lists it."""

import csv
import inspect
import string

import numpy as np
import pytest
from tests.worlds import grid

from shanshui.accounts import flows, frames, services
from shanshui.accounts.asset_transfer import TRANSFERRED
from shanshui.accounts.equivalents import SERVICES
from shanshui.accounts.flows import service_amounts
from shanshui.accounts.frames import FRAMES
from shanshui.accounts.prices import price_table
from shanshui.accounts.services import FLOW, SERVICE
from shanshui.core.shipped import shipped_text
from shanshui.core.units import conversion
from shanshui.core.voice import Voice, languages
from shanshui.plans.accounts import accounts

BY_AREA = {*SERVICES, *TRANSFERRED}


def rows_of(name):
    return list(csv.DictReader(shipped_text(f"accounts/{name}.csv").splitlines()))


def test_every_flow_belongs_to_one_service_and_has_the_unit_of_its_price():
    assert len(rows_of("flows")) == len(FLOW)
    assert {flow.service for flow in FLOW.values()} <= set(SERVICE)
    for row in price_table(None).itertuples():
        of, _, per = str(row.unit).partition("/")
        assert of == "yuan"
        assert conversion(per, FLOW[str(row.flow)].per)[0] > 0


def test_every_service_has_a_group_a_reach_and_words():
    assert len(rows_of("services")) == len(SERVICE)
    for row in SERVICE.values():
        assert row.category in {"supply", "regulating", "cultural", ""}
        assert row.reach in {"here", "visitors", "downstream", "world"}
        assert row.category or row.service in BY_AREA | {"habitat", "water", "other"}
        for language in languages():
            assert f"service_{row.service}" in Voice(language), row.service
            assert f"group_{row.group}" in Voice(language), row.group
    for flow in FLOW:
        assert flow in Voice(), flow


def test_frames_list_services_that_there_are_and_say_why_one_does_not_count():
    listed = rows_of("frame_services")
    assert {row["frame"] for row in listed} == {f.id for f in FRAMES.values() if not f.by_area}
    for frame in FRAMES.values():
        assert len({e.service for e in frame.entries}) == len(frame.entries)
        for entry in frame.entries:
            assert SERVICE[entry.service].category
            assert entry.methods
            assert (entry.why is not None) == (not entry.counts), entry
            assert entry.counts or {"en", "zh"} <= set(entry.why.facts["said"].words), entry


def test_a_flow_of_a_map_is_a_flow_with_a_map_that_the_amounts_take():
    takes = set(inspect.signature(service_amounts).parameters)
    assert len({row.flow for row in services.MAP_FLOWS}) == len(services.MAP_FLOWS)
    steps = {step.name for step in accounts({"land_cover"})}
    for row in services.MAP_FLOWS:
        assert row.flow in FLOW
        assert row.map.partition(".")[0] in takes, row
        assert row.product.partition(".")[0] in steps, row


def test_a_new_flow_of_a_map_is_a_row(monkeypatch):
    potassium = services.MapFlow("dust", "soil_retained", "soil_retention.retained", "nitrogen")
    monkeypatch.setattr(flows, "MAP_FLOWS", (*services.MAP_FLOWS, potassium))
    land = grid([[1, 1]], "1", dtype=np.uint8, nodata=0)
    soil = grid([[10.0, 20.0]], "t/ha/yr")
    out = service_amounts(grid([[1, 1]], "1", dtype=np.int32, nodata=0), land, None, soil)
    amount = out.set_index("flow")["amount"]
    assert amount["dust"] == pytest.approx(amount["nitrogen_kept"])
    assert amount["dust"] > 0


def test_a_new_service_is_rows(monkeypatch):
    """The row of the service, of its flow and of a frame; nothing else is touched."""
    added = {
        "accounts/services.csv": "pest2,regulating,habitat,1,,,,",
        "accounts/flows.csv": "fields_guarded,pest2,ha,,,",
        "accounts/frame_services.csv": "seea,pest2,market rent,yes,,",
    }

    def more(name):
        return "\n".join(
            [*shipped_text(name).splitlines(), *([added[name]] if name in added else [])]
        )

    for module in (services, frames):
        monkeypatch.setattr(module, "shipped_text", more)
    monkeypatch.setattr(services, "FLOW", {f.flow: f for f in services._flows()})
    known = {s.service: s for s in services._services()}
    assert known["pest2"].flows == ("fields_guarded",)
    assert known["pest2"].users == (("farming", 1.0),)
    assert known["pest2"].reach == SERVICE["hab"].reach
    (entry,) = [e for f in frames._frames() for e in f.entries if e.service == "pest2"]
    assert entry.methods == ("market", "rent")
    assert entry.counts


@pytest.mark.parametrize(
    "name", ["services", "flows", "service_groups", "frames", "frame_services"]
)
def test_no_row_has_more_or_fewer_cells(name):
    for row in rows_of(name):
        assert None not in row
        assert None not in row.values()
        first = next(iter(row.values()))
        assert first
        assert set(first) <= set(string.ascii_lowercase + string.digits + "_"), first
