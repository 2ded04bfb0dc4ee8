"""Reads every Samsara resource of a running simulator with the official SDK, which refuses any answer of a wrong shape.

Usage: python samsara_sdk.py http://127.0.0.1:4600/samsara [TOKEN]
"""

import sys
import time
from datetime import datetime, timedelta, timezone

from samsara import Samsara
from samsara.core.api_error import ApiError
from samsara.types import PostFuelPurchaseRequestBodyPriceRequestBody

STAT_SETS = [
    ["engineStates", "fuelPercents", "gps"],
    ["obdOdometerMeters", "obdEngineSeconds"],
    ["engineOilPressureKPa", "engineCoolantTemperatureMilliC", "gpsOdometerMeters"],
]

REEFER_SETS = [
    ["carrierReeferState", "reeferStateZone1", "reeferRunMode"],
    ["reeferAlarms", "reeferAmbientAirTemperatureMilliC", "reeferFuelPercent"],
    ["reeferObdEngineSeconds", "reeferDoorStateZone1", "reeferSetPointTemperatureMilliCZone1"],
    ["reeferReturnAirTemperatureMilliCZone2", "reeferSupplyAirTemperatureMilliCZone2", "reeferStateZone2"],
]


def rfc3339(moment):
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def walk(fetch):
    """All rows of a paged call that has no pager of its own."""
    rows, after = [], None
    while True:
        page = fetch(after)
        rows += page.data
        if not page.pagination.has_next_page:
            return rows, page.pagination.end_cursor
        after = page.pagination.end_cursor


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Run:
    def __init__(self, base_url, token):
        self.base_url = base_url
        self.client = Samsara(token=token, base_url=base_url)
        self.now = datetime.now(timezone.utc)
        self.window = {"start_time": rfc3339(self.now - timedelta(hours=12)), "end_time": rfc3339(self.now)}

    def me(self):
        org = self.client.organization_info.get_organization_info().data
        expect(org.id and org.name and org.carrier_settings.dot_number, "an organization has id, name, DOT number")
        return 1

    def vehicles(self):
        found = list(self.client.vehicles.list(limit=3))
        expect(len({v.id for v in found}) == len(found), "pages do not overlap")
        expect(all(v.year is None or isinstance(v.year, str) for v in found), "the year is a string")
        self.vehicle_ids = [v.id for v in found]
        return len(found)

    def vehicle(self):
        found = [self.client.vehicles.get(id).data for id in self.vehicle_ids]
        expect([v.id for v in found] == self.vehicle_ids, "each vehicle is found by its id")
        return len(found)

    def drivers_active(self):
        found = list(self.client.drivers.list(limit=4))
        expect(all(d.driver_activation_status == "active" for d in found), "the default lists active drivers")
        self.driver_ids = [d.id for d in found]
        return len(found)

    def drivers_deactivated(self):
        found = list(self.client.drivers.list(driver_activation_status="deactivated"))
        expect(all(d.driver_activation_status == "deactivated" for d in found), "only deactivated drivers")
        return len(found)

    def users(self):
        found, _ = walk(lambda after: self.client.users.list_users(limit=1, after=after))
        expect(all(u.email and u.roles[0].role.name for u in found), "a user has an address and a role")
        return len(found)

    def driver(self):
        found = [self.client.drivers.get(id).data for id in self.driver_ids]
        expect([d.id for d in found] == self.driver_ids, "each driver is found by its id")
        return len(found)

    def locations_latest(self):
        found, _ = walk(lambda after: self.client.vehicle_locations.get_vehicle_locations(after=after))
        expect(all(v.location.reverse_geo for v in found), "a location has a place name")
        return len(found)

    def locations_latest_filtered(self):
        wanted = self.vehicle_ids[:2]
        found = self.client.vehicle_locations.get_vehicle_locations(vehicle_ids=wanted).data
        expect([v.id for v in found] == wanted, "only the wanted vehicles")
        return len(found)

    def locations_feed(self):
        feed = self.client.vehicle_locations.get_vehicle_locations_feed
        first, cursor = walk(lambda after: feed(after=after))
        expect(all(len(v.locations) == 1 for v in first), "the first call has the newest position only")
        points = len(first)
        for _ in range(4):
            time.sleep(5)
            later, cursor = walk(lambda after: feed(after=after or cursor))
            points += sum(len(v.locations) for v in later)
        return points

    def locations_history(self):
        history = self.client.vehicle_locations.get_vehicle_locations_history
        found, _ = walk(lambda after: history(after=after, **self.window))
        points = [p for v in found for p in v.locations]
        expect(all(self.window["start_time"] <= p.time < self.window["end_time"] for p in points), "half-open window")
        return len(points)

    def stats_latest(self):
        total = 0
        for types in STAT_SETS:
            found, _ = walk(lambda after: self.client.vehicle_stats.get_vehicle_stats(types=types, after=after))
            total += len(found)
        return total

    def stats_feed(self):
        total = 0
        for types in STAT_SETS:
            feed = self.client.vehicle_stats.get_vehicle_stats_feed
            first, cursor = walk(lambda after: feed(types=types, after=after, decorations=["gps", "fuelPercents"]))
            later, _ = walk(lambda after: feed(types=types, after=after or cursor))
            total += len(first) + len(later)
        return total

    def stats_history(self):
        total = 0
        for types in STAT_SETS:
            history = self.client.vehicle_stats.get_vehicle_stats_history
            found, _ = walk(lambda after: history(types=types, after=after, decorations=["gps"], **self.window))
            total += sum(len(getattr(v, name) or []) for v in found for name in snake(types))
        return total

    def fault_codes(self):
        """A reading lists what is wrong with a vehicle at its time."""
        history = self.client.vehicle_stats.get_vehicle_stats_history
        found, _ = walk(lambda after: history(types=["faultCodes"], after=after, **self.window))
        readings = [reading for vehicle in found for reading in vehicle.fault_codes]
        heavy = [code for reading in readings if reading.j_1939 for code in reading.j_1939.diagnostic_trouble_codes]
        light = [codes for reading in readings if reading.obdii for codes in reading.obdii.diagnostic_trouble_codes]
        expect(any(not reading.j_1939 and not reading.obdii for reading in readings), "some have nothing wrong")
        expect(all(code.spn_id and code.fmi_id is not None and code.spn_description for code in heavy), "faults have codes")
        expect(all(codes.confirmed_dtcs[0].dtc_short_code for codes in light), "short ones on light buses")
        return len(heavy) and len(readings)

    def hos_logs(self):
        found, _ = walk(lambda after: self.client.hours_of_service.get_hos_logs(after=after, **self.window))
        logs = [log for driver in found for log in driver.hos_logs]
        expect(all(log.hos_status_type for log in logs), "a log has a status")
        expect(any(log.log_end_time is None for log in logs), "the log of now is open")
        expect(any(log.vehicle and log.vehicle.external_ids for log in logs), "logs name the vehicle's external ids")
        return len(logs)

    def hos_clocks(self):
        found, _ = walk(lambda after: self.client.hours_of_service.get_hos_clocks(after=after, limit=4))
        expect(all(c.clocks.cycle.cycle_started_at_time for c in found), "a cycle has a start")
        return len(found)

    def eld_events(self):
        fetch = self.client.beta_ap_is.get_hos_eld_events
        found, _ = walk(lambda after: fetch(after=after, **self.window))
        events = [event for driver in found for event in driver.eld_events]
        expect({d.id for d in found} <= set(self.driver_ids), "events are of active drivers")
        expect(any(e.eld_event_type == 1 and e.location.state for e in events), "a change of duty status has a place")
        return len(events)

    def hos_daily_logs(self):
        today, days = self.now.date(), self.client.hours_of_service.get_hos_daily_logs
        span = {"start_date": str(today - timedelta(days=3)), "end_date": str(today)}
        found, _ = walk(lambda after: days(after=after, **span))
        expect(any(d.log_meta_data.certified_at_time for d in found), "days that passed are certified")
        expect(all(d.driver.timezone for d in found), "a day is in the driver's time zone")
        return len(found)

    def hos_violations(self):
        span = {"start_time": rfc3339(self.now - timedelta(days=14)), "end_time": rfc3339(self.now)}
        found, _ = walk(lambda after: self.client.hours_of_service.get_hos_violations(after=after, **span))
        expect(all(v.driver.id and v.day.start_time for group in found for v in group.violations), "a violation is of a driver's day")
        return sum(len(group.violations) for group in found)

    def assignments(self):
        fetch = self.client.driver_vehicle_assignments.get_driver_vehicle_assignments
        found, _ = walk(lambda after: fetch(filter_by="vehicles", after=after, **self.window))
        expect(all(a.driver.id and a.vehicle.id and a.start_time for a in found), "an assignment names driver, vehicle and start")
        one = found[0].vehicle.id
        narrow, _ = walk(lambda after: fetch(filter_by="vehicles", vehicle_ids=[one], after=after, **self.window))
        expect({a.vehicle.id for a in narrow} == {one}, "only the wanted vehicle")
        return len(found)

    def trailer_assignments(self):
        start, end = (int((self.now - timedelta(days=days)).timestamp() * 1000) for days in (7, 0))
        found = self.client.trailer_assignments.v_1_get_all_trailer_assignments(start_ms=start, end_ms=end).trailers
        had = [one for trailer in found for one in trailer.trailer_assignments]
        expect(all(one.driver_id and one.start_ms for one in had), "an assignment names driver and start")
        return len(had)

    def ifta(self):
        fetch = self.client.ifta.get_ifta_vehicle_reports
        report = fetch(year=self.now.year, month=self.now.strftime("%B")).data
        expect(report.year == self.now.year and all(r.vehicle.id for r in report.vehicle_reports), "a report is of vehicles in a year")
        expect(any(r.jurisdictions for r in report.vehicle_reports), "some drove")
        return len(report.vehicle_reports)

    def dvirs(self):
        stream, since = self.client.maintenance.get_dvirs, rfc3339(self.now - timedelta(days=7))
        found, cursor = walk(lambda after: stream(start_time=since, limit=50, after=after))
        expect(all(d.vehicle.id and d.author_signature.signatory_user.id for d in found), "a report names vehicle and author")
        later, _ = walk(lambda after: stream(start_time=since, limit=50, after=after or cursor))
        expect(len(later) < len(found), "the stream goes on where it stopped")
        self.dvir_ids = {d.id for d in found}
        return len(found)

    def defects(self):
        stream, since = self.client.maintenance.stream_defects, rfc3339(self.now - timedelta(days=7))
        found, _ = walk(lambda after: stream(start_time=since, after=after))
        types = {t.id for t in walk(lambda after: self.client.maintenance.get_defect_types(after=after))[0]}
        expect({d.defect_type_id for d in found} <= types, "a defect is of a listed type")
        expect({d.dvir_id for d in found} <= self.dvir_ids, "a defect is of a listed report")
        return len(found)

    def safety_events(self):
        stream, since = self.client.safety.get_safety_events_v_2_stream, rfc3339(self.now - timedelta(days=7))
        ask = {"start_time": since, "query_by_time_field": "updatedAtTime", "include_asset": True, "include_driver": True}
        found, _ = walk(lambda after: stream(after=after, **ask))
        expect(all(e.driver.name and e.asset.name and e.behavior_labels for e in found), "an event has driver, vehicle and label")
        return len(found)

    def messages(self):
        found = self.client.messages.v_1_get_messages(duration_ms=7 * 86_400_000).data
        expect(all(m.driver_id and m.text and m.sender.type in ("driver", "dispatch") for m in found), "a message has text and sender")
        return len(found)

    def fuel_purchase(self):
        """A purchase that is filed has an id."""
        price = PostFuelPurchaseRequestBodyPriceRequestBody(amount="480.50", currency="usd")
        filed = self.client.fuel_and_energy.post_fuel_purchase(
            fuel_quantity_liters="378.5",
            transaction_location="1 Main St, Dallas",
            transaction_price=price,
            transaction_reference="R-1",
            transaction_time=rfc3339(self.now),
        )
        return len(filed.data.uuid_) == 36

    def trailers(self):
        found, _ = walk(lambda after: self.client.trailers.list_trailers(limit=3, after=after))
        expect(len({t.id for t in found}) == len(found), "pages do not overlap")
        expect(all(t.name and t.installed_gateway.serial for t in found), "a trailer has a name and a gateway")
        self.trailer_ids = {t.id for t in found}
        return len(found)

    def trailer_stats_feed(self):
        feed = self.client.trailers.get_trailer_stats_feed
        first, cursor = walk(lambda after: feed(types="gps", after=after))
        expect({t.id for t in first} <= self.trailer_ids, "readings are of listed trailers")
        expect(all(p.time and p.latitude and p.longitude for t in first for p in t.gps), "a reading has time and place")
        later, _ = walk(lambda after: feed(types="gps", after=after or cursor))
        return len(first) + len(later)

    def trailer_stats(self):
        latest = self.client.trailers.get_trailer_stats_snapshot
        total = 0
        for types in REEFER_SETS:
            found, _ = walk(lambda after: latest(types=",".join(types), after=after))
            expect({t.id for t in found} <= self.trailer_ids, "readings are of listed trailers")
            total += len(found)
        wanted = sorted(self.trailer_ids)[:2]
        expect([t.id for t in latest(types="gps", trailer_ids=",".join(wanted)).data] == wanted, "only the wanted trailers")
        return total

    def refusals(self):
        calls = [
            (400, lambda: self.client.vehicles.list(limit=513)),
            (400, lambda: self.client.drivers.list(driver_activation_status="all")),
            (400, lambda: self.client.vehicle_stats.get_vehicle_stats(types="bogusType")),
            (404, lambda: self.client.vehicles.get("1")),
            (401, lambda: Samsara(token="wrong", base_url=self.base_url).vehicles.list()),
        ]
        for status, call in calls:
            try:
                call()
            except ApiError as error:
                expect(error.status_code == status, f"{status} expected, got {error.status_code}")
            else:
                raise AssertionError(f"{status} expected, got an answer")
        return len(calls)


def snake(names):
    table = {
        "engineStates": "engine_states",
        "fuelPercents": "fuel_percents",
        "gps": "gps",
        "obdOdometerMeters": "obd_odometer_meters",
        "obdEngineSeconds": "obd_engine_seconds",
        "engineOilPressureKPa": "engine_oil_pressure_k_pa",
        "engineCoolantTemperatureMilliC": "engine_coolant_temperature_milli_c",
        "gpsOdometerMeters": "gps_odometer_meters",
    }
    return [table[name] for name in names]


CHECKS = [
    Run.me,
    Run.vehicles,
    Run.vehicle,
    Run.drivers_active,
    Run.drivers_deactivated,
    Run.driver,
    Run.users,
    Run.locations_latest,
    Run.locations_latest_filtered,
    Run.locations_feed,
    Run.locations_history,
    Run.stats_latest,
    Run.stats_feed,
    Run.stats_history,
    Run.fault_codes,
    Run.hos_logs,
    Run.hos_clocks,
    Run.eld_events,
    Run.hos_daily_logs,
    Run.hos_violations,
    Run.assignments,
    Run.trailer_assignments,
    Run.ifta,
    Run.dvirs,
    Run.defects,
    Run.safety_events,
    Run.messages,
    Run.fuel_purchase,
    Run.trailers,
    Run.trailer_stats_feed,
    Run.trailer_stats,
    Run.refusals,
]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    run = Run(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "samsara_api_demo")
    failed = 0
    for check in CHECKS:
        name = check.__name__
        try:
            count = check(run)
            expect(count > 0, "nothing was returned")
            print(f"ok    {name:28}{count:6}")
        except Exception as error:  # any failure counts, and the others still run
            failed += 1
            print(f"FAIL  {name:28}{type(error).__name__}: {error}")
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} resources read, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
