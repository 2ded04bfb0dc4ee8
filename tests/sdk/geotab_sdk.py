"""Reads every kind of record of a running simulator with the official MyGeotab SDK.

The SDK speaks plain http where the server is a whole URL with a path.

Usage: python geotab_sdk.py http://127.0.0.1:4600/geotab [DATABASE]
"""

import sys
from datetime import datetime, timedelta, timezone

import mygeotab
from mygeotab.exceptions import AuthenticationException, MyGeotabException

FEEDS = [
    "LogRecord",
    "StatusData",
    "DriverChange",
    "DutyStatusLog",
    "AnnotationLog",
    "ExceptionEvent",
    "FuelTransaction",
    "FaultData",
    "DVIRLog",
    "TextMessage",
    "FuelTaxDetail",
]


def expect(condition, what):
    if not condition:
        raise AssertionError(what)


class Run:
    def __init__(self, base_url, database):
        self.server = f"{base_url}/apiv1"
        self.database = database
        self.api = self.client(f"geotab_password_{database}")
        self.now = datetime.now(timezone.utc)

    def client(self, password):
        return mygeotab.API(f"api@{self.database}.example.com", password, self.database, server=self.server)

    def login(self):
        credentials = self.api.authenticate()
        expect(credentials.session_id and credentials.database == self.database, "a login answers a session and the database")
        return 1

    def lists(self):
        """Sought by id to the end, they are as long as they are counted."""
        total = 0
        for kind in ["Device", "User"]:
            found, offset = {}, None
            while True:
                sort = {"sortBy": "id", "sortDirection": "asc", "offset": offset}
                page = self.api.call("Get", typeName=kind, resultsLimit=3, sort=sort)
                if not page:
                    break
                offset = page[-1]["id"]
                found.update({row["id"]: row for row in page})
            count = self.api.call("GetCountOf", typeName=kind)
            expect(len(found) == count, f"{kind}: {len(found)} were listed and {count} counted")
            expect(all(isinstance(row["activeFrom"], datetime) for row in found.values()), "dates are dates")
            total += count
        return total

    def groups(self):
        named = {group["id"]: group["name"] for group in self.api.get("Group")}
        used = {group["id"] for device in self.api.get("Device") for group in device["groups"]}
        expect(used <= named.keys(), "each group has a name")
        return len(named)

    def feeds(self):
        """From a date on, in pages; then from a version on."""
        total = 0
        for kind in FEEDS:
            seen, version = [], None
            search = {"fromDate": self.now - timedelta(days=7 if kind not in ("LogRecord", "StatusData") else 0, hours=2)}
            while True:
                from_where = {"fromVersion": version} if version else {"search": search}
                page = self.api.call("GetFeed", typeName=kind, resultsLimit=500, **from_where)
                seen += [row["id"] for row in page["data"]]
                version = page["toVersion"]
                if len(page["data"]) < 500:
                    break
            expect(seen, f"{kind} is empty")
            expect(len(set(seen)) == len(seen), f"{kind} repeats itself")
            bare = self.api.call("GetFeed", typeName=kind)
            expect(bare["data"] == [] and bare["toVersion"] >= version, f"{kind}: without a place a feed tells where it is")
            total += len(seen)
        return total

    def diagnostics(self):
        search = {"fromDate": self.now - timedelta(hours=4), "toDate": self.now, "diagnosticSearch": {"id": "DiagnosticFuelLevelId"}}
        found = self.api.get("StatusData", search=search)
        expect(all(0 <= row["data"] <= 100 for row in found), "fuel is told in percent")
        search = {**search, "fromDate": self.now - timedelta(days=1), "diagnosticSearch": {"id": "DiagnosticIgnitionId"}}
        switched = self.api.get("StatusData", search=search)
        expect(switched and all(row["data"] in (0, 1) for row in switched), "an ignition is on or off")
        return len(found) + len(switched)

    def inspections(self):
        """Reports of a week: of a vehicle or a trailer, with defects whose names are told elsewhere."""
        logs = self.api.get("DVIRLog", search={"fromDate": self.now - timedelta(days=7), "toDate": self.now})
        trailers = {device.get("tmpTrailerId") for device in self.api.get("Device")}
        expect(all("device" in log or log["trailer"]["id"] in trailers for log in logs), "a report is of a device or of a trailer that one is")
        names = {group["id"] for group in self.api.get("Group")}
        severity = {defect["id"]: defect["severity"] for defect in self.api.get("Defect")}
        found = [defect for log in logs for defect in log.get("dvirDefects", [])]
        expect(found and all(defect["part"]["id"] in names and defect["defect"]["id"] in severity for defect in found), "defects have names")
        expect(self.api.get("DVIRDefect", id=found[0]["id"]) == [found[0]], "a defect is found by its id")
        return len(logs)

    def faults(self):
        """What faults name is listed, each by its id."""
        told = self.api.call("GetFeed", typeName="FaultData", search={"fromDate": self.now - timedelta(days=7)})["data"]
        expect({row["faultState"] for row in told} == {"Active", "Inactive"}, "faults come and go")
        total = 0
        for member, kind in [("diagnostic", "Diagnostic"), ("failureMode", "FailureMode"), ("controller", "Controller")]:
            named = {row[member]["id"] for row in told if isinstance(row[member], dict)}
            calls = [("Get", {"typeName": kind, "search": {"id": id}}) for id in sorted(named)]
            found = [rows[0] for rows in self.api.multi_call(calls)]
            expect(all(row["name"] and isinstance(row["code"], int) for row in found), f"a {kind} has name and code")
            total += len(found)
        return len(told) + total

    def hours(self):
        drivers = [user for user in self.api.get("User", isDriver=True) if user["isDriver"]]
        calls = [("Get", {"typeName": "DutyStatusAvailability", "search": {"userSearch": {"id": user["id"]}}}) for user in drivers]
        clocks = [rows[0] for rows in self.api.multi_call(calls) if rows]
        expect(all(clock["driver"]["id"] in {user["id"] for user in drivers} for clock in clocks), "a clock is somebody's")
        return len(clocks)

    def attachments(self):
        """Those that last, and the feed of those that began or ended."""
        lasting = self.api.get("TrailerAttachment", search={"activeFrom": self.now, "activeTo": self.now})
        trailers = {device["tmpTrailerId"]: device["id"] for device in self.api.get("Device") if "tmpTrailerId" in device}
        expect(lasting and all(row["trailer"]["id"] in trailers and row["activeTo"].year >= 2050 for row in lasting), "they last")
        search = {"activeFrom": self.now - timedelta(days=8)}
        page = self.api.call("GetFeed", typeName="TrailerAttachment", search=search)
        expect(all(row["activeFrom"] < row["activeTo"] for row in page["data"]), "they begin before they end")
        return len(lasting) + len(page["data"])

    def violations(self):
        drivers = [user for user in self.api.get("User", isDriver=True) if user["isDriver"]]
        span = {"fromDate": self.now - timedelta(days=8), "toDate": self.now}
        calls = [("Get", {"typeName": "DutyStatusViolation", "search": {"userSearch": {"id": user["id"]}, **span}}) for user in drivers]
        found = list(zip(drivers, self.api.multi_call(calls)))
        expect(all(row["driver"]["id"] == user["id"] for user, rows in found for row in rows), "a violation is the driver's")
        expect(all(isinstance(row["fromDate"], datetime) for _, rows in found for row in rows), "dates are dates")
        return sum(len(rows) for _, rows in found)

    def writing(self):
        """A record is sent back whole; a message is found by its id."""
        device = self.api.get("Device")[0]
        changed = {**device, "comment": "Written by the SDK"}
        self.api.set("Device", changed)
        expect(self.api.get("Device", id=device["id"]) == [changed], "a device is as it was sent")
        driver = next(user for user in self.api.get("User") if user["isDriver"])
        content = {"contentType": "Normal", "message": "Hello"}
        entity = {"recipient": {"id": driver["id"]}, "isDirectionToVehicle": True, "messageContent": content}
        message = self.api.add("TextMessage", entity)
        expect(self.api.get("TextMessage", id=message)[0]["messageContent"] == content, "a message is as it was sent")
        return 2

    def refusals(self):
        try:
            self.client("wrong").authenticate()
            expect(False, "a wrong password opens nothing")
        except AuthenticationException:
            pass
        try:
            self.api.get("Spaceship")
            expect(False, "there are no spaceships")
        except MyGeotabException as error:
            expect(error.name == "MissingMethodException", error.name)
        expect(self.api.get("Device", id="typo") == [], "what fits nothing is no error")
        return 3


CHECKS = [
    Run.login,
    Run.lists,
    Run.groups,
    Run.feeds,
    Run.diagnostics,
    Run.inspections,
    Run.faults,
    Run.hours,
    Run.violations,
    Run.attachments,
    Run.writing,
    Run.refusals,
]


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    run = Run(sys.argv[1], sys.argv[2] if len(sys.argv) == 3 else "demo")
    failed = 0
    for check in CHECKS:
        try:
            count = check(run)
            expect(count > 0, "nothing was returned")
            print(f"ok    {check.__name__:28}{count:6}")
        except Exception as error:  # any failure counts, and the others still run
            failed += 1
            print(f"FAIL  {check.__name__:28}{type(error).__name__}: {error}")
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
