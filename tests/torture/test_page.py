"""The canvas on a page under ten thousand random events: it goes on, without an error, and without growing."""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import FLAGS, find_chromium
from drawing import draw_with_mouse, ink, pen_digit
from playwright.sync_api import Page, expect, sync_playwright

from mnist_utils import paths
from mnist_utils.canvas.page import BOOK_FOLDER

pytestmark = [pytest.mark.torture, pytest.mark.slow]

PATIENCE = 60_000  # milliseconds after which a test gives up on the page, on however busy a machine
N_ROUNDS = 20  # of events, after each of which a digit is drawn and read
MAX_GROWTH = 1_000_000  # bytes that the page may hold more after the second half of the events than after the first
MARKUP = "<img src=nowhere onerror='window.wasRun = true'><script>window.wasRun = true</script>"
BUTTONS = {"left": 1, "right": 2, "middle": 4}
KEYS = (
    *("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", " ", " ", " ", "Backspace", "Delete", "Escape", "Control+z"),
    *("Meta+z", "Shift+ArrowLeft", "Tab", "Shift+Tab", "Enter", "Home", "End", "PageDown", "a", "7"),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a page that has one canvas, and text below it to scroll."""
    folder = tmp_path_factory.mktemp("site")
    shutil.copytree(paths.PROJECT / BOOK_FOLDER, folder / "canvas")
    (folder / "index.html").write_text(
        "<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>A page</title>"
        # Two fingers must not enlarge the page: the mouse would not find the canvas at the end of a round.
        "<style>html { touch-action: pan-x pan-y }</style><script src='canvas/loader.js'></script>"
        "<div class='digit-canvas' id='first'></div><div id='second'></div>" + "<p>Text</p>" * 60,
        "utf-8",
    )
    return folder


@pytest.fixture
def said() -> list[str]:
    """What the page says in the console: errors above all."""
    return []


@pytest.fixture
def page(folder: Path, said: list[str]) -> Iterator[Page]:
    """That page in a browser with a mouse and a touch screen."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1000, "height": 900}, has_touch=True)
        page.on("pageerror", lambda error: said.append(f"{error}\n{error.stack}"))
        page.on("console", lambda message: said.append(message.text))
        page.goto((folder / "index.html").as_uri())
        expect(page.locator("#first .dc-surface")).to_be_visible()
        # A finger's swipe leads back to an earlier page: let there be none.
        page.context.new_cdp_session(page).send("Page.resetNavigationHistory")
        page.on("framenavigated", lambda frame: said.append(f"it went to {frame.url}"))
        yield page
        browser.close()


class Hands:
    """Mouse, pen, fingers and keyboard that do anything, each time the same from the same seed."""

    def __init__(self, page: Page, seed: int) -> None:
        self.page, self.chance = page, random.Random(seed)
        self.session = page.context.new_cdp_session(page)
        # Where the mouse drags selected text, Chromium gives no input to the page until it is dropped: let nothing be.
        page.evaluate("addEventListener('dragstart', (event) => event.preventDefault())")
        self.pressed: list[str] = []
        self.pointer = "mouse"
        self.fingers: dict[int, dict[str, float]] = {}
        self.look()

    def look(self) -> None:
        """See where the canvas is now."""
        self.box = self.page.locator("#first .dc").bounding_box()

    def place(self) -> dict[str, float]:
        """Return a place in the window: most often on the drawing area or the buttons below it."""
        x, y = self.chance.uniform(-0.1, 1.1), self.chance.uniform(-0.1, 1.1)
        side = 300 if self.chance.random() < 0.8 else max(self.box["width"], self.box["height"])
        return {"x": max(0, self.box["x"] + x * side), "y": max(0, self.box["y"] + y * side)}

    def act(self) -> None:
        """Do one thing."""
        [act] = self.chance.choices([self.mouse, self.touch, self.key, self.window], [50, 30, 18, 2])
        act()

    def mouse(self) -> None:
        """Move a mouse or a pen, or press or release one of its buttons."""
        kind, button = "mouseMoved", next(iter(self.pressed), "none")
        if not self.pressed:
            self.pointer = self.chance.choice(["mouse", "mouse", "pen"])
        if self.chance.random() < 0.35:
            button = self.chance.choice(["left", "left", "left", "middle", "right"])
            kind = "mouseReleased" if button in self.pressed else "mousePressed"
        self.send_mouse(kind, button, self.place())

    def send_mouse(self, kind: str, button: str, place: dict[str, float]) -> None:
        if kind == "mousePressed":
            self.pressed.append(button)
        elif kind == "mouseReleased":
            self.pressed.remove(button)
        buttons = sum(BUTTONS[name] for name in self.pressed)
        event = {"type": kind, "button": button, "buttons": buttons, "clickCount": 1, "pointerType": self.pointer}
        self.session.send("Input.dispatchMouseEvent", event | place)

    def touch(self) -> None:
        kind = self.chance.choice(["touchStart", "touchEnd", "touchCancel", *["touchMove"] * 5])
        if kind == "touchStart" or not self.fingers:
            kind = "touchStart"
            self.fingers[self.chance.randrange(3)] = self.place()
        elif kind == "touchMove":
            self.fingers[self.chance.choice(list(self.fingers))] = self.place()
        else:
            self.fingers.clear()
        points = [{"id": finger, **place} for finger, place in self.fingers.items()]
        self.session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def key(self) -> None:
        kind, key = self.chance.choice(["press", "press", "down", "up"]), self.chance.choice(KEYS)
        if kind == "press" or "+" in key:
            self.page.keyboard.press(key)
        else:
            getattr(self.page.keyboard, kind)(key)
        if self.chance.random() < 0.5:
            self.page.locator("#first .dc-surface").focus()

    def window(self) -> None:
        size = {"width": self.chance.randrange(200, 1400), "height": self.chance.randrange(200, 1000)}
        self.page.set_viewport_size(size)
        self.page.evaluate("y => scrollTo(0, y)", self.chance.choice([0, 0, 100]))
        self.look()

    def rest(self) -> None:
        """Lift everything, and clear the drawing."""
        for button in list(self.pressed):
            self.send_mouse("mouseReleased", button, {"x": 0, "y": 0})
        if self.fingers:
            self.fingers.clear()
            self.session.send("Input.dispatchTouchEvent", {"type": "touchCancel", "touchPoints": []})
        self.page.wait_for_timeout(500)  # a tap becomes a click only when it is clear that no second tap follows
        for key in set(KEYS):
            if "+" not in key:
                self.page.keyboard.up(key)
        self.page.set_viewport_size({"width": 1000, "height": 900})
        self.page.evaluate("scrollTo(0, 0)")
        self.page.locator("#first").get_by_role("button", name="Clear").click()
        self.look()

    def held(self) -> dict[str, int]:
        """Return what the page holds after its garbage is collected: bytes, elements, listeners."""
        self.session.send("HeapProfiler.collectGarbage")
        heap, counts = self.session.send("Runtime.getHeapUsage"), self.session.send("Memory.getDOMCounters")
        size = int(heap["usedSize"] + heap.get("backingStorageSize", 0))
        return {"bytes": size, "nodes": counts["nodes"], "listeners": counts["jsEventListeners"]}


def test_ten_thousand_events_leave_a_canvas_that_works(page, said, tally, scaled):
    hands, canvas = Hands(page, 0), page.locator("#first")
    held = []
    events = scaled(10_000) // N_ROUNDS
    for _ in range(N_ROUNDS):
        for _ in range(events):
            hands.act()
        tally.tried += events
        hands.rest()
        expect(canvas.locator(".dc-answer")).to_have_text("Draw a digit.", timeout=PATIENCE)
        draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(1))
        expect(canvas.locator(".dc-answer strong")).to_have_text("1", timeout=PATIENCE)
        assert said == []
        tally.survived += events
        held.append(hands.held())
    half, whole = held[N_ROUNDS // 2 - 1], held[-1]
    assert whole["bytes"] - half["bytes"] < MAX_GROWTH, held
    assert whole["nodes"] <= half["nodes"] + 20, held
    assert whole["listeners"] == half["listeners"], held


def test_no_text_becomes_markup(page, said, tally):
    # All texts that a canvas is given, by Python or by whoever draws: labels, a message, a model's name.
    shown = """markup => digitCanvas.showOnPage(document.querySelector("#second"), () => [1, 0], {
        labels: [markup, markup + "2"], message: markup, collects: true, label: markup })"""
    page.evaluate(shown, MARKUP)
    canvas = page.locator("#second")
    expect(canvas.locator(".dc-message")).to_have_text(MARKUP)
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(1))
    expect(canvas.locator(".dc-answer strong")).to_have_text(MARKUP)
    assert ink(canvas).any()
    for selector in ("img", "#second script"):
        tally.tried += 1
        expect(page.locator(selector)).to_have_count(0)
        tally.survived += 1
    assert page.evaluate("window.wasRun") is None
    assert said == []
