"""A fleet's way through Connect in Chromium: each screen is looked at by axe-core, photographed, and driven as people do.

    connect.py --url URL --token TOKEN --chromium PATH --axe PATH --shots FOLDER

Wide and narrow, light and dark, with and without scripts, by mouse and by keyboard. A finding ends the program with 1.
"""

import pathlib

from playwright.sync_api import expect, sync_playwright

from visitor import Partner, Visitor, arguments, conclude

HOSTILE = "<b>Smith & Söhne</b> " + "W" * 150


def onboarding(visitor, partner):
    page, name = visitor.page, visitor.name
    page.goto(partner.invite(f"browser-{name}", fleet_name="North Star Haulage"))
    visitor.look("1-consent")
    page.locator("details.part summary").nth(1).click()
    expect(page.get_by_text("phone number")).to_be_visible()
    expect(page.get_by_text("send messages to your drivers")).to_be_visible()
    visitor.press("No, don't share")
    visitor.look("2-decline")
    visitor.press("Go back")
    visitor.press("Agree and continue")
    visitor.look("3-providers")
    search(visitor)
    with page.expect_navigation():
        page.locator("a.row:visible").first.click()
    visitor.look("4-credentials")
    page.fill("#token", "wrong")
    visitor.press("Connect")
    expect(page.get_by_role("alert")).to_contain_text("Samsara says")
    assert page.title().startswith("Error: "), page.title()
    visitor.look("5-refused")
    page.fill("#token", visitor.options.token)
    visitor.press("Connect")
    visitor.look("6-connected")
    if not visitor.scripts:
        page.wait_for_timeout(6_000)
        page.reload()
    expect(page.get_by_text("last data")).to_be_visible(timeout=30_000)
    visitor.look("7-data")
    ledger(visitor, partner)
    manage(visitor)


def search(visitor):
    page = visitor.page
    if visitor.scripts:
        page.fill("#q", "zzz")
        expect(page.locator("#none")).to_be_visible()
        page.fill("#q", "keep truckin")
        expect(page.get_by_text("Motive")).to_be_visible()
    with page.expect_navigation():
        page.fill("#q", "motive")
        page.press("#q", "Enter")
    if visitor.scripts:
        page.fill("#q", "samsara")
    else:
        with page.expect_navigation():
            page.fill("#q", "samsara")
            page.press("#q", "Enter")
    expect(page.get_by_text("Samsara Europe")).to_be_visible()
    visitor.look("3-providers-sought")


def ledger(visitor, partner):
    """What the partner read stands on the page, and in the file."""
    page = visitor.page
    section = page.get_by_role("region", name="What Demo Insurance received")
    expect(section).to_contain_text("has received none of your data")
    for kind in ("vehicles", "vehicle-locations", "users"):
        partner.send("GET", f"/v2/telematics/{kind}?fleet_refs=browser-{visitor.name}")
    page.reload()
    expect(section.get_by_role("definition")).to_have_text("Read: Vehicles, Positions, Drivers and staff")
    visitor.look("7-ledger")
    with page.expect_download() as download:
        section.get_by_role("link", name="Download").click()
    assert download.value.suggested_filename == "data-access.csv", download.value.suggested_filename
    lines = pathlib.Path(download.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4 and lines[1].endswith(',"Demo Insurance","Vehicles","read"'), lines


def manage(visitor):
    page = visitor.page
    with page.expect_navigation():
        page.locator(".links a", has_text="Remove").click()
    visitor.look("8-remove")
    visitor.press("Go back")
    visitor.press("Pause sharing")
    visitor.look("9-paused")
    visitor.press("Resume sharing")
    visitor.press("Stop sharing")
    visitor.look("10-stop")
    visitor.press("Go back")
    visitor.press("Return to")
    visitor.look("11-done")
    page.reload()
    expect(page.get_by_role("heading", name="All set")).to_be_visible()
    page.go_back()
    page.reload()
    expect(page.get_by_role("heading", name="Please open your link again")).to_be_visible()
    visitor.look("12-over")


def dead_ends(visitor, partner):
    for number, path in enumerate(["/", "/?invite=nonsense", "/connect/nowhere", "/connect/s/x/consent"]):
        visitor.page.goto(partner.url + path)
        visitor.look(f"20-dead-end-{number}")


def keyboard(visitor, partner):
    """The same without a mouse: every step is reached by Tab, and what has the focus is seen."""
    page = visitor.page
    page.goto(partner.invite("browser-keyboard", fleet_name="Keyboard Trucking"))

    def walk_to(text):
        for _ in range(60):
            page.keyboard.press("Tab")
            focused = page.evaluate("(() => { const e = document.activeElement; return (e.innerText || e.id || '').trim() })()")
            outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
            if focused and outline == "none":
                visitor.findings.append((visitor.name, "focus is not seen", focused))
            if text in focused:
                return
        raise AssertionError(f"{text} cannot be reached by Tab on {page.url}")

    walk_to("Agree and continue")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    walk_to("Samsara")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    walk_to("token")
    page.keyboard.type(visitor.options.token)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="You are connected")).to_be_visible()


def two_tabs(visitor, partner):
    """Two links side by side, and one link twice: each form goes to its own visit."""
    one, other = partner.invite("browser-one", fleet_name="One"), partner.invite("browser-other", fleet_name="Other")
    first, second = visitor.page, visitor.context.new_page()
    first.goto(one)
    second.goto(other)
    with first.expect_navigation():
        first.get_by_role("button", name="Agree and continue").click()
    expect(first.locator(".parties")).to_contain_text("for One")
    third = visitor.context.new_page()
    third.goto(one)
    with first.expect_navigation():
        first.locator("a.row", has_text="Samsara").first.click()
    expect(first.get_by_role("heading", name="Connect Samsara")).to_be_visible()
    second.reload()
    expect(second.get_by_role("button", name="Agree and continue")).to_be_visible()


def proof(visitor, partner):
    """The link of a refresh is the partner's too: in another browser more is shared after the account's token was given."""
    page, asks = visitor.page, {"vehicle": "read"}
    page.goto(partner.invite("browser-proof", fleet_name="Careful Freight", permissions=asks))
    visitor.press("Agree and continue")
    link_account(visitor)
    visitor.moved()
    page, more = visitor.page, {**asks, "vehicle_location": "read"}
    page.goto(partner.invite("browser-proof", permissions=more))
    visitor.look("40-one-time")
    visitor.press("Continue")
    expect(page.get_by_text("What is shared already")).to_be_visible()
    assert page.get_by_role("button", name="Agree and continue").count() == 0
    visitor.look("41-review")
    visitor.press("Show that it is you")
    visitor.look("42-proof")
    page.fill("#token", "wrong")
    visitor.press("Confirm")
    expect(page.get_by_role("alert")).to_contain_text("Samsara says")
    visitor.look("43-no-proof")
    page.fill("#token", visitor.options.token)
    visitor.press("Confirm")
    visitor.look("44-proved")
    visitor.press("Agree and continue")
    expect(page.get_by_role("heading", name="You are connected")).to_be_visible()
    scopes = partner.send("GET", "/v2/orgs/share-agreements?fleet_ref=browser-proof")["items"][0]["scopes"]
    assert scopes == more, scopes


def link_account(visitor):
    with visitor.page.expect_navigation():
        visitor.page.locator("a.row", has_text="Samsara").first.click()
    visitor.page.fill("#token", visitor.options.token)
    visitor.press("Connect")


def sign_in(visitor, partner):
    """A sign-in at the provider has a window of its own; with scripts it closes itself, and the first one goes on."""
    page = visitor.page
    page.goto(partner.invite(f"browser-{visitor.name}", fleet_name="Signed In Freight"))
    visitor.press("Agree and continue")
    with page.expect_navigation():
        page.locator("a.row", has_text="Samsara").first.click()
    visitor.look("50-sign-in")
    window = sign_in_window(visitor)
    window.screenshot(path=visitor.options.shots / f"{visitor.name}-51-provider.png")
    window.get_by_role("button", name="Deny").click()
    expect(window.get_by_role("alert")).to_contain_text("not allowed at Samsara")
    visitor.page = window
    visitor.look("52-denied")
    window.close()
    visitor.page = page
    window = sign_in_window(visitor)
    window.get_by_role("button", name="Allow").click()
    if visitor.scripts:
        page.wait_for_url("**/accounts")
        window.wait_for_event("close") if not window.is_closed() else None
    else:
        expect(window.get_by_role("heading", name="Samsara is connected")).to_be_visible()
        visitor.page = window
        visitor.look("53-signed-in")
        visitor.press("Go on here")
    expect(visitor.page.get_by_role("heading", name="You are connected")).to_be_visible()
    visitor.look("54-connected")


def sign_in_window(visitor):
    with visitor.context.expect_page() as opened:
        visitor.page.locator("a", has_text="Sign in with Samsara").click()
    opened.value.wait_for_load_state()
    return opened.value


# What the buttons of the way say.
WORDS = {
    "en": {"refuse": "No, don't share", "back": "Go back", "agree": "Agree and continue", "connect": "Connect", "left": "50 characters left.",
           "says": "Samsara says", "pause": "Pause sharing", "resume": "Resume sharing", "stop": "Stop sharing", "show": "Show"},
    "es": {"refuse": "No, no compartir", "back": "Volver", "agree": "Aceptar y continuar", "connect": "Conectar", "left": "Quedan 50 caracteres.",
           "says": "Samsara responde", "pause": "Pausar el envío de datos", "resume": "Reanudar el envío de datos", "stop": "Dejar de compartir",
           "show": "Mostrar"},
    "fr": {"refuse": "Non, ne pas partager", "back": "Retour", "agree": "Accepter et continuer", "connect": "Connecter",
           "left": "Il reste 50 caractères.", "says": "Samsara répond", "pause": "Suspendre le partage", "resume": "Reprendre le partage",
           "stop": "Arrêter le partage", "show": "Afficher"},
}


def speaking(visitor, partner):
    """The whole way in the language of the browser."""
    page, tag = visitor.page, visitor.settings["locale"].split("-")[0]
    words = WORDS[tag]
    page.goto(partner.invite(f"browser-{visitor.name}", fleet_name="North Star Haulage"))
    assert page.locator("html").get_attribute("lang") == tag
    page.locator("details.part summary").nth(1).click()
    visitor.look("60-consent")
    visitor.press(words["refuse"])
    page.fill("#reason", "x" * 450)
    expect(page.locator("#reason-hint")).to_contain_text(words["left"])
    visitor.look("61-decline")
    visitor.press(words["back"])
    visitor.press(words["agree"])
    page.fill("#q", "samsara")
    counted = page.locator("#count").inner_text()
    page.press("#q", "Enter")
    expect(page.locator("#count")).to_have_text(counted)
    visitor.look("62-providers")
    with page.expect_navigation():
        page.locator("a.row", has_text="Samsara").first.click()
    page.get_by_role("button", name=words["show"]).click()
    visitor.look("63-credentials")
    page.fill("#token", "wrong")
    submit(page, words["connect"])
    expect(page.get_by_role("alert")).to_contain_text(words["says"])
    visitor.look("64-refused")
    page.fill("#token", visitor.options.token)
    submit(page, words["connect"])
    visitor.look("65-connected")
    visitor.press(words["pause"])
    visitor.look("66-paused")
    visitor.press(words["resume"])
    visitor.press(words["stop"])
    visitor.look("67-stop")
    page.goto(f"{partner.url}/?invite=nonsense")
    visitor.look("68-dead-end")


def submit(page, text):
    """Presses the button of a form: a link to a sign-in may say nearly the same."""
    with page.expect_navigation():
        page.locator("form button[type=submit]", has_text=text).click()


def switching(visitor, partner):
    """Another language by the switch on the page, which other pages and other links keep."""
    page = visitor.page
    page.goto(partner.invite(f"browser-{visitor.name}", fleet_name="Switching Freight"))
    with page.expect_navigation():
        page.locator(".languages a[hreflang=es]").click()
    visitor.press(WORDS["es"]["agree"])
    visitor.look("70-providers")
    page.goto(f"{partner.url}/?invite=nonsense")
    assert page.locator("html").get_attribute("lang") == "es"


def mirrored(visitor, partner):
    """No language of ours is written from right to left yet; the pages are ready for one."""
    page = visitor.page
    for screen in ("consent", "decline", "providers", "credentials", "accounts"):
        if screen == "consent":
            page.goto(partner.invite(f"browser-{visitor.name}", fleet_name="Mirrored Freight"))
        elif screen == "decline":
            visitor.press("No, don't share")
        elif screen == "providers":
            visitor.press("Go back")
            visitor.press("Agree and continue")
        elif screen == "credentials":
            with page.expect_navigation():
                page.locator("a.row", has_text="Samsara").first.click()
        else:
            page.fill("#token", visitor.options.token)
            visitor.press("Connect")
        page.evaluate("document.documentElement.dir = 'rtl'")
        # The product's mark stands at the start of the bar, so behind the middle of it now.
        bar, mark = (page.locator(of).bounding_box() for of in ("header.bar", "header.bar > :first-child"))
        if mark["x"] < bar["x"] + bar["width"] / 2:
            visitor.findings.append((visitor.name, screen, "is not mirrored"))
        visitor.look(f"75-{screen}")


def hostile(visitor, partner):
    """Names are text, whatever is in them, and fit."""
    visitor.page.goto(partner.invite("browser-hostile", fleet_name="W" * 200))
    visitor.look("30-long-name")
    visitor.page.fill("#fleet_name", HOSTILE)
    visitor.press("Agree and continue")
    expect(visitor.page.locator(".parties")).to_contain_text("<b>Smith & Söhne</b>")
    visitor.look("31-hostile-name")


def main():
    options = arguments()
    partner, findings = Partner(options.url), []
    desk, phone = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        visits = [
            ("desk-light", [onboarding, dead_ends], {"viewport": desk, "color_scheme": "light"}),
            ("phone-dark", [onboarding, dead_ends], {"viewport": phone, "color_scheme": "dark"}),
            ("no-scripts", [onboarding], {"viewport": phone, "java_script_enabled": False}),
            ("keyboard", [keyboard], {"viewport": desk}),
            ("tabs", [two_tabs], {"viewport": desk}),
            ("proof", [proof], {"viewport": phone}),
            ("sign-in", [sign_in], {"viewport": desk}),
            ("sign-in-phone", [sign_in], {"viewport": phone, "color_scheme": "dark"}),
            ("sign-in-no-scripts", [sign_in], {"viewport": phone, "java_script_enabled": False}),
            ("hostile", [hostile], {"viewport": phone}),
            ("spanish", [speaking], {"viewport": phone, "locale": "es-MX"}),
            ("french", [speaking], {"viewport": phone, "locale": "fr-CA", "color_scheme": "dark"}),
            ("switch", [switching], {"viewport": phone}),
            ("switch-no-scripts", [switching], {"viewport": phone, "java_script_enabled": False}),
            ("right-to-left", [mirrored], {"viewport": phone}),
            ("right-to-left-desk", [mirrored], {"viewport": desk}),
        ]
        for name, walks, settings in visits:
            visitor = Visitor(browser, name, options, findings, **settings)
            for walk in walks:
                walk(visitor, partner)
            visitor.context.close()
        browser.close()
    conclude([name for name, *_ in visits], findings)


main()
