"""Who visits Connect in Chromium: the demo partner by the API, and people by their browsers."""

import argparse
import json
import pathlib
import sys
import urllib.parse
import urllib.request

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
PERMISSIONS = {name: "read" for name in ("vehicle", "vehicle_location", "user", "hos_event", "trailer")} | {"message": "read_write"}


class Partner:
    """The demo partner, by the API."""

    def __init__(self, url):
        self.url = url
        credentials = {"grant_type": "client_credentials", "client_id": "demo", "client_secret": "local-demo-secret"}
        form = urllib.parse.urlencode(credentials).encode()
        answer = urllib.request.urlopen(f"{url}/realms/catena/protocol/openid-connect/token", form)
        self.token = json.load(answer)["access_token"]

    def send(self, method, path, body=None):
        content = json.dumps(body or {}).encode() if method != "GET" else None
        request = urllib.request.Request(self.url + path, content, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", "application/json")
        return json.load(urllib.request.urlopen(request))

    def invite(self, fleet_ref, **members):
        return self.send("POST", "/v2/orgs/invitations", {"fleet_ref": fleet_ref, "permissions": PERMISSIONS, **members})["magic_link"]


def arguments(*more):
    """What `run` says."""
    parser = argparse.ArgumentParser()
    for name in ("url", "token", "chromium", *more):
        parser.add_argument(f"--{name}", required=True)
    for name in ("axe", "shots"):
        parser.add_argument(f"--{name}", type=pathlib.Path, required=True)
    options = parser.parse_args()
    options.shots.mkdir(parents=True, exist_ok=True)
    return options


def conclude(names, findings):
    """Prints what was found, and ends the program with 1 if it is anything."""
    for finding in findings:
        print(*finding, sep=": ")
    failed = {finding[0] for finding in findings}
    print(f"{len(names) - len(failed)} passed, {len(failed)} failed")
    sys.exit(1 if findings else 0)


class Visitor:
    """A browser that notes what is wrong with each screen."""

    def __init__(self, browser, name, options, findings, **settings):
        self.name, self.options, self.findings = name, options, findings
        self.scripts = settings.get("java_script_enabled", True)
        self.browser, self.settings = browser, settings
        self.context = browser.new_context(**settings)
        self.page = self.watched(self.context)

    def watched(self, context):
        """A new page of which errors are noted: those of scripts, and what the security policy refuses."""
        page = context.new_page()
        page.on("pageerror", lambda error: self.findings.append((self.name, "script", str(error))))
        page.on("console", lambda message: self.hear(message.text))
        return page

    def hear(self, text):
        if "Content Security Policy" in text:
            self.findings.append((self.name, "policy", text))

    def moved(self):
        """Goes on in another browser, which has no cookies."""
        self.context.close()
        self.context = self.browser.new_context(**self.settings)
        self.page = self.watched(self.context)

    def axe(self, frame=None):
        """What axe-core finds in the page, or in a frame of it. It runs in a world of its own: the policy, which holds in this test, lets
        no other script in."""
        session = self.context.new_cdp_session(frame or self.page)
        frame = session.send("Page.getFrameTree")["frameTree"]["frame"]["id"]
        world = session.send("Page.createIsolatedWorld", {"frameId": frame})["executionContextId"]
        run = {"contextId": world, "returnByValue": True, "awaitPromise": True}
        session.send("Runtime.evaluate", {"expression": self.options.axe.read_text() + "; 0", **run})
        found = session.send("Runtime.evaluate", {"expression": f"axe.run(document, {{ runOnly: {RULES} }})", **run})
        session.detach()
        return found["result"]["value"]

    def look(self, screen, frame=None):
        """Photographs a screen, or the page around it, and has it checked."""
        self.page.screenshot(path=self.options.shots / f"{self.name}-{screen}.png", full_page=True)
        if not self.scripts:
            return
        wide = (frame or self.page).evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        if wide:
            self.findings.append((self.name, screen, "scrolls sideways"))
        for violation in self.axe(frame)["violations"]:
            nodes = [node["html"][:120] for node in violation["nodes"][:3]]
            self.findings.append((self.name, screen, violation["id"], nodes))

    def press(self, text):
        """Clicks a button or a link that looks like one, and waits for the page that follows."""
        with self.page.expect_navigation():
            self.page.locator("button:visible, a.button:visible", has_text=text).first.click()
