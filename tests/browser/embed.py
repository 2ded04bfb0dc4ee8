"""Connect in pages of a partner, in Chromium: in a frame, in a window, and by leaving the page; driven from another site by a client that
behaves like the published SDK (`embed/client.js`).

    embed.py --url URL --token TOKEN --chromium PATH --axe PATH --shots FOLDER --catena PATH --database URL
"""

import html
import http.server
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import urllib.error
import urllib.parse
import urllib.request

from playwright.sync_api import Error, expect, sync_playwright

from visitor import Partner, Visitor, arguments, conclude

ASKS = {name: "read" for name in ("vehicle", "vehicle_location", "user")}
LOOK = {"theme": "dark", "brandColor": "#0a7d4f"}


class Host(http.server.BaseHTTPRequestHandler):
    """A partner's web server: its page, and a page with nothing but a frame."""

    def do_GET(self):
        path, _, query = self.path.partition("?")
        frame = urllib.parse.parse_qs(query).get("frame")
        if frame:
            text = f'<!DOCTYPE html><title>Frame</title><iframe title="Connect" width="460" height="720" src="{html.escape(frame[0])}"></iframe>'
            return self.answer(200, "text/html", text.encode())
        name = {"/": "host.html", "/done": "host.html"}.get(path, path.lstrip("/"))
        file = pathlib.Path(__file__).parent / "embed" / pathlib.Path(name).name
        kind = "text/javascript" if file.suffix == ".js" else "text/html"
        return self.answer(200, kind, file.read_bytes()) if file.is_file() else self.answer(404, "text/plain", b"")

    def answer(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Keys:
    """Embed keys, as operators manage them."""

    def __init__(self, options, partner):
        self.catena, self.partner = options.catena, partner
        access = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
        self.environment = {**os.environ, "AWS_ENDPOINT_URL_DYNAMODB": options.database, **access}

    def admin(self, *arguments):
        command = [self.catena, "admin", "embed-key", *arguments, "--control-table", "catena-ControlTable", "--json"]
        return json.loads(subprocess.run(command, env=self.environment, check=True, capture_output=True).stdout)

    def create(self, *origins):
        named = [part for origin in origins for part in ("--origin", origin)]
        return self.admin("create", "--partner", self.partner, *named)["embed_keys"][0]["key"]


class Guest(Visitor):
    """A visitor of the partner's page, in a browser that is there already. `look_of` is what the partner asks for."""

    def __init__(self, context, name, options, findings, scripts, look_of):
        self.name, self.options, self.findings, self.scripts, self.look_of = name, options, findings, scripts, look_of
        self.context = context
        self.page = self.watched(context)


class Stage:
    """The partner, its page, and its key."""

    def __init__(self, options):
        self.options = options
        self.partner = Partner(options.url)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Host)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port = server.server_port
        self.home, self.stranger = f"http://localhost:{port}", f"http://stranger.localhost:{port}"
        self.keys = Keys(options, self.partner.send("GET", "/v2/orgs/partners")["items"][0]["id"])
        self.key = self.keys.create(self.home, "https://app.acme.example")

    def invite(self, name, **members):
        back = {"success_redirect_url": f"{self.home}/done?outcome=success", "failure_redirect_url": f"{self.home}/done?outcome=exit"}
        return self.partner.invite(f"embed-{name}", fleet_name="Embedded Freight", permissions=ASKS, **{**back, **members})

    def launch(self, page, link, at=None, **options):
        page.goto(at or self.home)
        wanted = {"inviteUrl": link, "embedKey": self.key, **options}
        page.evaluate("options => { launch(options) }", wanted)

    def framed(self, visitor, link, **options):
        """The frame of Connect in the partner's page."""
        self.launch(visitor.page, link, **options)
        visitor.page.wait_for_selector("iframe[title=Connect]")
        wait(visitor.page, "heard.length > 0")
        return visitor.page.query_selector("iframe[title=Connect]").content_frame()


def wait(page, expression):
    page.wait_for_function(expression, timeout=20_000)


def heard(page):
    return page.evaluate("heard")


def press(frame, text):
    frame.locator("button:visible, a.button:visible", has_text=text).first.click()


def link_account(stage, frame):
    frame.locator("a.row", has_text="Samsara").first.click()
    frame.locator("#token").fill(stage.options.token)
    press(frame, "Connect")


def kept(frame, stage):
    """Every address has the parameters of the launch."""
    query = urllib.parse.parse_qs(urllib.parse.urlsplit(frame.url).query)
    assert query["embed_key"] == [stage.key], frame.url
    return query


def in_a_frame(visitor, stage):
    """From the consent to the end; each step is told to the page around, and to no other."""
    page = visitor.page
    frame = stage.framed(visitor, stage.invite(visitor.name), **LOOK, **visitor.look_of)
    expect(frame.get_by_role("heading", name="Share fleet data with")).to_be_visible()
    assert heard(page) == [["open"]], heard(page)
    visitor.look("1-consent", frame)
    assert frame.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--brand')") != "#8fb0ff"
    assert frame.locator("html").get_attribute("data-theme") == "dark"
    assert frame.locator("header.bar").count() == (0 if visitor.look_of.get("variant") == "card" else 1)
    frame.evaluate("location.reload()")
    wait(page, "heard.length == 2")
    assert heard(page)[1] == ["open"], "after a reload again"
    press(frame, "Agree and continue")
    expect(frame.get_by_role("heading", name="Which system")).to_be_visible()
    assert kept(frame, stage)["theme"] == ["dark"]
    visitor.look("2-providers", frame)
    frame.locator("#q").fill("samsara")
    frame.locator("#q").press("Enter")
    frame.wait_for_url("**q=samsara**")
    kept(frame, stage)
    frame.locator("a.row:visible", has_text="Samsara").first.click()
    frame.locator("#token").fill("wrong")
    press(frame, "Connect")
    expect(frame.get_by_role("alert")).to_contain_text("Samsara says")
    visitor.look("3-refused", frame)
    frame.locator("#token").fill(stage.options.token)
    press(frame, "Connect")
    wait(page, "heard.length == 3")
    (event, connection) = heard(page)[2]
    assert event == "connection" and re.fullmatch(r"[0-9a-f-]{36}", connection), heard(page)
    expect(frame.get_by_role("heading", name="You are connected")).to_be_visible()
    visitor.look("4-connected", frame)
    assert frame.get_by_text("Stop sharing").count() == (0 if visitor.look_of.get("variant") == "card" else 1)
    frame.locator(".links a", has_text="Remove").click()
    press(frame, "Remove")
    wait(page, "heard.length == 4")
    assert heard(page)[3] == ["connection_deleted", connection], heard(page)
    link_account(stage, frame)
    wait(page, "heard.length == 5")
    again = heard(page)[4][1]
    press(frame, "Done")
    wait(page, "heard.length == 7")
    assert heard(page)[5:] == [["success", [again]], ["close"]], heard(page)
    expect(frame.get_by_role("heading", name="All set")).to_be_visible()
    visitor.look("5-done", frame)
    texts = {json.dumps(data) for origin, data in page.evaluate("sent") if origin == stage.options.url}
    assert not any(secret in text for text in texts for secret in (stage.options.token, "token", "csrf")), texts
    page.evaluate("launched.destroy()")
    assert page.locator("iframe[title=Connect]").count() == 0


def said_no(visitor, stage):
    page = visitor.page
    frame = stage.framed(visitor, stage.invite(visitor.name))
    press(frame, "No, don't share")
    press(frame, "Don't share")
    wait(page, "heard.length == 3")
    assert heard(page)[1:] == [["exit", "declined"], ["close"]], heard(page)
    assert frame.get_by_role("link", name="Return to").count() == 0, "the frame does not lead out of Connect"
    visitor.look("1-declined", frame)
    frame = stage.framed(visitor, frame_link(frame, stage, visitor))
    expect(frame.get_by_role("heading", name="You have declined")).to_be_visible()
    visitor.look("2-again", frame)
    press(frame, "Close")
    wait(page, "heard.length == 3")
    assert heard(page) == [["open"], ["exit", "declined"], ["close"]], heard(page)


def frame_link(frame, stage, visitor):
    listed = stage.partner.send("GET", f"/v2/orgs/invitations?fleet_ref=embed-{visitor.name}")["items"]
    return f"{stage.options.url}/?invite={listed[0]['id']}"


def stopped(visitor, stage):
    """The same link later, in the same place: what is shared is ended."""
    page, link = visitor.page, stage.invite(visitor.name)
    frame = stage.framed(visitor, link)
    press(frame, "Agree and continue")
    press(frame, "Finish later")
    wait(page, "heard.length == 3")
    assert heard(page)[1:] == [["exit", "user_cancelled"], ["close"]], heard(page)
    frame = stage.framed(visitor, link)
    link_account(stage, frame)
    press(frame, "Stop sharing")
    press(frame, "Stop sharing")
    wait(page, "heard.length == 4")
    assert heard(page)[2:] == [["exit", "disconnected"], ["close"]], heard(page)
    expect(frame.get_by_role("heading", name="Sharing has ended")).to_be_visible()


def refused(visitor, stage):
    """A page that is not registered shows nothing and hears nothing; nor does any page with a key that is unknown or was revoked."""
    page, link = visitor.page, stage.invite(visitor.name)
    revoked = stage.keys.create(stage.home)
    stage.keys.admin("revoke", "--key", revoked)
    other = stage.partner.invite(f"embed-{visitor.name}-probe")
    assert page.goto(stage.home) and page.evaluate("url => connect.probe(url)", stage.options.url), "a probe without a key answers"
    page.goto(stage.stranger)
    assert page.evaluate("url => connect.probe(url)", stage.options.url), "to any page"
    for at, key in ((stage.stranger, stage.key), (stage.home, "pk_live_nobody"), (stage.home, revoked), (stage.home, None)):
        page.goto(at)
        query = urllib.parse.urlencode({"embed": "iframe", **({"embed_key": key} if key else {})})
        page.evaluate("src => { const f = document.createElement('iframe'); f.title = 'Connect'; f.src = src; document.body.append(f) }", f"{other}&{query}")
        page.wait_for_timeout(1_500)
        frame = page.query_selector("iframe[title=Connect]").content_frame()
        assert frame.url.startswith("chrome-error:"), (at, key, frame.url)
        assert page.evaluate("sent") == [], page.evaluate("sent")
    visitor.look("1-refused")
    visitor.findings[:] = [finding for finding in visitor.findings if finding[:2] != (visitor.name, "policy")]
    identical(stage, link, revoked)


def identical(stage, link, revoked):
    """Byte for byte, but for the key that was sent."""

    def seen(key, path):
        separator = "&" if "?" in path else "?"
        request = urllib.request.Request(f"{path}{separator}embed=iframe&embed_key={key}")
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
        try:
            answer = opener.open(request)
        except urllib.error.HTTPError as error:
            answer = error
        body = re.sub(rb'name="csrf" value="[^"]*"', b"", answer.read())
        volatile = ("x-request-id", "date", "content-length")
        headers = sorted((name.lower(), value) for name, value in answer.headers.items() if name.lower() not in volatile)
        return answer.status, headers, body.replace(key.encode(), b"")

    for path in (link, f"{stage.options.url}/embed/probe", f"{stage.options.url}/?invite=nonsense"):
        assert seen("pk_live_nobody", path) == seen(revoked, path), path
        assert seen(stage.key, path) != seen(revoked, path), path


def in_a_window(visitor, stage):
    """Where the browser keeps no cookies in the frame: a window, which is told of like the frame and stays at Connect."""
    page = visitor.page
    window = opened_window(visitor, stage, stage.invite(visitor.name))
    visitor.page = window
    visitor.look("1-consent")
    press(window, "Agree and continue")
    link_account(stage, window)
    expect(window.get_by_role("button", name="Return to").or_(window.get_by_role("link", name="Return to"))).to_be_visible()
    visitor.look("2-connected")
    press(window, "Return to")
    wait(page, "heard.length == 4")
    [opening, (event, connection), success, close] = heard(page)
    assert (opening, event, success, close) == (["open"], "connection", ["success", [connection]], ["close"]), heard(page)
    expect(window.get_by_role("heading", name="All set")).to_be_visible()
    assert window.url.startswith(stage.options.url), window.url
    visitor.look("3-done")
    window.close()
    wait(page, "heard.length == 5")
    window = opened_window(visitor, stage, stage.invite(f"{visitor.name}-closed"), page)
    window.close()
    wait(page, "heard.length == 2")
    assert heard(page) == [["open"], ["close"]], "a window that is closed tells nothing"
    window = opened_window(visitor, stage, stage.invite(f"{visitor.name}-alone"), page)
    page.close()
    press(window, "No, don't share")
    press(window, "Don't share")
    window.wait_for_url(f"{stage.home}/done?outcome=exit**")
    visitor.page = window


def opened_window(visitor, stage, link, page=None):
    page = page or visitor.page
    stage.launch(page, link)
    with visitor.context.expect_page() as opened:
        page.get_by_role("button", name="Continue").click()
    opened.value.wait_for_load_state()
    wait(page, "heard.length == 1")
    return opened.value


def by_leaving(visitor, stage):
    """Where windows are blocked, too: the page itself goes to Connect, and comes back."""
    page = visitor.page
    page.add_init_script("window.open = () => null")
    stage.launch(page, stage.invite(visitor.name))
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Share fleet data with")).to_be_visible()
    assert kept(page, stage)["embed"] == ["redirect"]
    press(page, "Agree and continue")
    link_account(stage, page)
    press(page, "Return to")
    page.wait_for_url(f"{stage.home}/done?outcome=success**status=success**")
    wait(page, "heard.length == 2")
    assert heard(page) == [["success", []], ["close"]], heard(page)


def sign_in(visitor, stage):
    """A provider's page is in a window of its own, whose cookies are not the frame's: the frame takes its answer."""
    page = visitor.page
    frame = stage.framed(visitor, stage.invite(visitor.name))
    press(frame, "Agree and continue")
    frame.locator("a.row", has_text="Samsara").first.click()
    expect(frame.locator("a", has_text="Sign in with Samsara")).to_be_visible()
    frame.evaluate("window.opening = window.open; window.open = () => null; 0")
    frame.locator("a", has_text="Sign in with Samsara").click()
    expect(frame.get_by_role("alert")).to_contain_text("has blocked the window")
    visitor.look("1-blocked", frame)
    frame.evaluate("window.open = window.opening; 0")
    for answer in ("Deny", "Allow"):
        with visitor.context.expect_page() as opened:
            frame.locator("a", has_text="Sign in with Samsara").click()
        window = opened.value
        window.get_by_role("button", name=answer).click()
        if answer == "Deny":
            expect(frame.get_by_role("alert")).to_contain_text("not allowed at Samsara")
    wait(page, "heard.length == 2")
    assert heard(page)[1][0] == "connection", heard(page)
    expect(frame.get_by_role("heading", name="You are connected")).to_be_visible()
    assert window.is_closed() or window.wait_for_event("close")
    kept(frame, stage)
    # A window that nobody here opened hands its answer to nobody.
    stray = visitor.context.new_page()
    stray.goto(f"{stage.options.url}/connect/sign-in?state=0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234&code=c")
    expect(stray.get_by_role("heading", name="This sign-in is over")).to_be_visible()


def without_scripts(visitor, stage):
    """In a frame that runs none, the same pages and forms."""
    page = visitor.page
    query = urllib.parse.urlencode({"embed": "iframe", "embed_key": stage.key})
    page.goto(f"{stage.home}/?{urllib.parse.urlencode({'frame': stage.invite(visitor.name) + '&' + query})}")
    frame = page.query_selector("iframe").content_frame()
    press(frame, "Agree and continue")
    link_account(stage, frame)
    expect(frame.get_by_role("heading", name="You are connected")).to_be_visible()
    visitor.look("1-connected")
    press(frame, "Done")
    expect(frame.get_by_role("heading", name="All set")).to_be_visible()


def logos(visitor, stage):
    """A logo that cannot be loaded leaves no gap; one that is no https address is none."""
    frame = stage.framed(visitor, stage.invite(visitor.name), logoUrl="https://127.0.0.1:9/none.svg")
    frame.wait_for_function("document.querySelectorAll('.logo').length == 0")
    visitor.look("1-none", frame)
    frame = stage.framed(visitor, stage.invite(visitor.name), logoUrl="javascript:alert(1)")
    assert frame.locator("header .avatar").count() == 1


def no_cookies(stage):
    """A profile that keeps no cookies of Connect in the partner's page, and keeps them where Connect is shown by itself."""
    rule = {f"{stage.options.url},{stage.home}": {"setting": 2, "last_modified": "0"}}
    folder = pathlib.Path(tempfile.mkdtemp())
    (folder / "Default").mkdir()
    settings = {"profile": {"content_settings": {"exceptions": {"cookies": rule}}}}
    (folder / "Default" / "Preferences").write_text(json.dumps(settings))
    return folder


def main():
    options = arguments("catena", "database")
    stage, findings = Stage(options), []
    desk, phone = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
    visits = [
        ("frame", in_a_frame, {"viewport": desk}, {}),
        ("frame-card-phone", in_a_frame, {"viewport": phone}, {"variant": "card"}),
        ("frame-no", said_no, {"viewport": desk}, {}),
        ("frame-stop", stopped, {"viewport": desk}, {}),
        ("frame-refused", refused, {"viewport": desk}, {}),
        ("frame-sign-in", sign_in, {"viewport": desk}, {}),
        ("frame-no-scripts", without_scripts, {"viewport": desk, "java_script_enabled": False}, {}),
        ("frame-logos", logos, {"viewport": desk}, {}),
        ("window", in_a_window, {"viewport": desk, "no_cookies": True}, {}),
        ("leaving", by_leaving, {"viewport": desk, "no_cookies": True}, {}),
    ]
    start = {"executable_path": options.chromium, "args": ["--no-sandbox"]}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**start)
        for name, walk, settings, look_of in visits:
            if settings.pop("no_cookies", False):
                context = playwright.chromium.launch_persistent_context(no_cookies(stage), **start, **settings)
            else:
                context = browser.new_context(**settings)
            visitor = Guest(context, name, options, findings, settings.get("java_script_enabled", True), look_of)
            try:
                walk(visitor, stage)
            except (AssertionError, Error) as error:
                visitor.page.screenshot(path=options.shots / f"{name}-failed.png")
                findings.append((name, "failed", str(error)))
            context.close()
        browser.close()
    conclude([name for name, *_ in visits], findings)


main()
