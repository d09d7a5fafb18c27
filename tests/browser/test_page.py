"""The canvas on a page of the book, opened from disk: no server, no kernel."""

import numpy as np
import pytest
from drawing import draw_with_finger, draw_with_mouse, ink, move_finger, pen_digit
from playwright.sync_api import Locator, Page, Route, expect
from waiting import wait_for

from mnist_utils import paths
from mnist_utils.practice import TRAINING_SHAPES, rasterize, sample_pen_digits
from mnist_utils.predict import Classifier
from mnist_utils.reading import to_mnist

pytestmark = pytest.mark.slow


@pytest.fixture
def canvas(page: Page, site) -> Locator:
    page.goto((site / "near.html").as_uri())
    return page.locator("#first")


def test_a_finger_draws_and_does_not_scroll(touch_page, site):
    touch_page.goto((site / "near.html").as_uri())
    canvas = touch_page.locator("#first")
    draw_with_finger(canvas.locator(".dc-surface"), pen_digit(1))
    expect(canvas.locator(".dc-answer strong")).to_have_text("1")
    assert touch_page.evaluate("scrollY") == 0


def test_ten_bars_add_up_and_the_best_one_stands_out(canvas):
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(7))
    bars = canvas.locator(".dc-bars li")
    expect(bars).to_have_count(10)
    expect(canvas.locator(".dc-bars .is-best .dc-label")).to_have_text("7")
    widths = canvas.locator(".dc-fill").evaluate_all("fills => fills.map((fill) => parseFloat(fill.style.width))")
    assert sum(widths) == pytest.approx(100, abs=0.01)


def test_shows_the_28_by_28_pixels_while_drawing(canvas, page):
    surface = canvas.locator(".dc-surface")
    brightness = """canvas => canvas.getContext("2d").getImageData(0, 0, 28, 28).data.reduce((a, b) => a + b)"""
    blank = canvas.locator(".dc-preview").evaluate(brightness)
    box = surface.bounding_box()
    page.mouse.move(box["x"] + 140, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 140, box["y"] + 220, steps=5)
    wait_for(lambda: canvas.locator(".dc-preview").evaluate(brightness) > blank)
    expect(canvas.locator(".dc-answer")).to_have_text("Draw a digit.")  # the pen is still down
    page.mouse.up()
    expect(canvas.locator(".dc-answer strong")).to_have_text("1")


def test_undo_takes_back_a_stroke_and_clear_all(canvas):
    surface = canvas.locator(".dc-surface")
    draw_with_mouse(surface, pen_digit(1))
    before = ink(canvas)
    draw_with_mouse(surface, pen_digit(3))
    assert (ink(canvas) != before).any()
    canvas.get_by_role("button", name="Undo").click()
    np.testing.assert_array_equal(ink(canvas), before)
    expect(canvas.locator(".dc-answer strong")).to_have_text("1")
    canvas.get_by_role("button", name="Clear").click()
    assert not ink(canvas).any()
    expect(canvas.locator(".dc-answer")).to_have_text("Draw a digit.")
    expect(canvas.locator(".dc-value").first).to_have_text("")
    canvas.get_by_role("button", name="Undo").click()  # clearing, too, can be taken back
    np.testing.assert_array_equal(ink(canvas), before)


def test_keyboard_draws(canvas, page):
    surface = canvas.locator(".dc-surface")
    surface.focus()
    for key in ["ArrowUp"] * 5 + [" "] + ["ArrowDown"] * 10 + [" "]:
        page.keyboard.press(key)
    expect(canvas.locator(".dc-answer strong")).to_have_text("1")
    expect(canvas.locator(".dc-spoken")).to_have_text("Row 12, column 7, pen up")
    assert page.evaluate("scrollY") == 0
    page.keyboard.press("Backspace")
    expect(canvas.locator(".dc-answer")).to_have_text("Draw a digit.")
    page.keyboard.press("Tab")  # the keyboard is not trapped
    expect(canvas.get_by_role("button", name="Undo")).to_be_focused()


def test_the_keyboards_cursor_leaves_when_the_mouse_draws(canvas, page):
    canvas.locator(".dc-surface").focus()
    page.keyboard.press("ArrowUp")
    expect(canvas.locator(".dc-cursor")).to_be_visible()
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(1))
    expect(canvas.locator(".dc-cursor")).to_be_hidden()
    page.keyboard.press("ArrowUp")
    expect(canvas.locator(".dc-cursor")).to_be_visible()


def test_screen_readers_are_told(canvas):
    expect(canvas.get_by_role("application", name="Drawing area")).to_have_accessible_description(
        canvas.locator(".dc-help").inner_text().replace("\n", " ")
    )
    expect(canvas.get_by_role("img", name="The drawing as 28 by 28 pixels")).to_be_visible()
    expect(canvas.get_by_role("list", name="Probability of each label")).to_be_visible()
    assert canvas.get_by_role("status").first.inner_text() == "Draw a digit."


def test_two_canvases_do_not_disturb_each_other(canvas, page):
    other = page.locator("#second")
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(4))
    draw_with_mouse(other.locator(".dc-surface"), pen_digit(9))
    expect(canvas.locator(".dc-answer strong")).to_have_text("4")
    expect(other.locator(".dc-answer strong")).to_have_text("9")
    canvas.get_by_role("button", name="Clear").click()
    expect(other.locator(".dc-answer strong")).to_have_text("9")


def test_a_second_finger_does_not_join_in(touch_page, site):
    touch_page.goto((site / "near.html").as_uri())
    canvas = touch_page.locator("#first")
    box = canvas.locator(".dc-surface").bounding_box()
    scale = box["width"] / 280  # of the drawing on the screen
    session = touch_page.context.new_cdp_session(touch_page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": box["x"] + scale * x, "y": box["y"] + scale * y, "id": i} for i, (x, y) in enumerate(points)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    touch("touchStart", (140, 50))
    touch("touchStart", (140, 50), (20, 20))
    for y in range(60, 230, 10):
        touch("touchMove", (140, y), (20, y))
    touch("touchEnd")
    drawn = ink(canvas)
    assert drawn[:, 120:160].any()
    assert not drawn[:, :60].any()


@pytest.mark.parametrize("style", ["zoom: 1.5", "zoom: 0.6", "transform: scale(0.7)", "width: 200px", "width: 900px"])
def test_ink_is_under_the_pen_at_any_scale(canvas, page, style):
    page.add_style_tag(content=f"body {{ {style}; transform-origin: 0 0; }}")
    box = canvas.locator(".dc-surface").bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] * 0.75)
    rows, columns = np.nonzero(ink(canvas))
    assert (rows.mean(), columns.mean()) == pytest.approx((209.5, 69.5), abs=2)


def test_drawing_survives_a_resized_window(canvas, page):
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(5))
    before = ink(canvas)
    page.set_viewport_size({"width": 320, "height": 600})
    np.testing.assert_array_equal(ink(canvas), before)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")  # nothing sticks out on a small phone
    canvas.get_by_role("button", name="Clear").click()
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(6))
    expect(canvas.locator(".dc-answer strong")).to_have_text("6")


def test_a_finger_beside_the_canvas_still_scrolls(touch_page, site):
    touch_page.goto((site / "far.html").as_uri())
    move_finger(touch_page, [(100, y) for y in range(600, 380, -20)])
    wait_for(lambda: touch_page.evaluate("scrollY > 100"))  # the page hears of it a little after the finger is done


def test_text_is_legible_on_a_dark_page(canvas, page):
    page.add_style_tag(content="body { background: #121212; color: #ced6dd; }")
    assert canvas.locator(".dc-answer").evaluate("answer => getComputedStyle(answer).color") == "rgb(206, 214, 221)"
    button = canvas.get_by_role("button", name="Undo")
    assert button.evaluate("button => getComputedStyle(button).color") == "rgb(206, 214, 221)"
    assert button.evaluate("button => getComputedStyle(button).backgroundColor") == "rgba(0, 0, 0, 0)"


def test_nothing_is_loaded_before_a_canvas_comes_into_view_and_then_only_once(page, site):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.rsplit("/", 1)[1]))
    page.goto((site / "far.html").as_uri())
    page.wait_for_load_state()
    assert requests == ["far.html", "custom.css", "loader.js"]
    page.locator("#first").scroll_into_view_if_needed()
    expect(page.locator("#first .dc-surface")).to_be_visible()
    expect(page.locator("#second .dc-surface")).to_be_attached()
    assert sorted(requests[3:]) == ["digit_canvas.css", "digit_canvas.js", "own_images.weights.js"]


def test_each_canvas_loads_the_model_that_it_names_and_no_other(page, site):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url.rsplit("/", 1)[1]))
    page.goto((site / "two_models.html").as_uri())
    expect(page.locator("#first .dc-surface")).to_be_visible()
    assert sorted(requests[3:]) == ["digit_canvas.css", "digit_canvas.js", "final_model.weights.js"]
    page.locator("#second").scroll_into_view_if_needed()
    expect(page.locator("#second .dc-surface")).to_be_visible()
    assert requests[6:] == ["own_images.weights.js"]


def test_each_canvas_reads_with_the_model_that_it_names(page, site, models):
    # Two models agree on most digits; these are in shapes that only one of them has practised.
    drawings = list(sample_pen_digits(40, shapes=TRAINING_SHAPES))
    images = np.array([to_mnist(rasterize(drawing)).image for drawing in drawings])
    one, other = (Classifier(model).predict_proba(images) for model in models.values())
    drawing = drawings[np.abs(one - other).max(axis=1).argmax()]

    page.goto((site / "two_models.html").as_uri())
    answers = {}
    for place, name in (("#first", "final_model"), ("#second", "own_images")):
        canvas = page.locator(place)
        canvas.scroll_into_view_if_needed()
        draw_with_mouse(canvas.locator(".dc-surface"), drawing)
        expect(canvas.locator(".dc-answer strong")).to_be_visible()
        fills = canvas.locator(".dc-fill")
        percent = fills.evaluate_all("fills => fills.map((fill) => parseFloat(fill.style.width))")
        answers[name] = np.array(percent) / 100
        np.testing.assert_allclose(answers[name], Classifier(models[name])(ink(canvas)).probabilities, atol=0.03)
    assert np.abs(answers["final_model"] - answers["own_images"]).max() > 0.1


def test_reads_without_a_network_and_sends_nothing(canvas, page):
    expect(canvas.locator(".dc-surface")).to_be_visible()  # all is loaded by now
    page.context.set_offline(True)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    draw_with_mouse(canvas.locator(".dc-surface"), pen_digit(8))
    expect(canvas.locator(".dc-answer strong")).to_have_text("8")
    assert requests == []


def height(page: Page, selector: str) -> float:
    return page.locator(selector).evaluate("element => element.getBoundingClientRect().height")


def says(place: Locator) -> str:
    """Return what the style sheet says in a place without a canvas."""
    return place.evaluate("place => getComputedStyle(place, '::before').content").strip('"')


# One below the other on a phone, then on a desktop; in two rows; side by side.
@pytest.mark.parametrize("width", [320, 390, 500, 620, 1000])
def test_a_place_says_that_its_canvas_is_loading_and_keeps_its_height(page, site, width):
    waiting: list[Route] = []
    page.route("**/loader.js", lambda route: waiting.append(route))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto((site / "near.html").as_uri(), wait_until="commit")
    place = page.locator("#first")
    expect(place).to_be_visible()
    assert says(place) == "Loading the canvas…"
    before = height(page, "#first")
    while not waiting:
        page.wait_for_timeout(20)
    waiting[0].continue_()
    expect(page.locator("#first .dc-surface")).to_be_visible()
    assert says(place) == "none"
    assert height(page, "#first") == pytest.approx(before, rel=0.05)


def test_a_place_whose_script_does_not_come_says_what_to_do(page, site):
    page.route("**/loader.js", lambda route: route.abort())
    page.goto((site / "near.html").as_uri())
    place = page.locator("#first")
    assert says(place) == "Loading the canvas…"
    page.evaluate("document.getAnimations().forEach((animation) => animation.finish())")  # in place of 20 seconds
    assert says(place) == "The canvas is not here yet. If it does not come, load this page again."


def test_without_javascript_a_place_says_so_and_takes_no_room(browser, site):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "near.html").as_uri())
    assert says(page.locator("#first")) == "To draw here, switch JavaScript on."
    assert height(page, "#first") < 50
    context.close()


@pytest.mark.parametrize("name", ["own_images.weights.js", "digit_canvas.js", "digit_canvas.css"])
def test_a_canvas_that_could_not_be_loaded_can_be_tried_again(page, site, name):
    page.route(f"**/{name}", lambda route: route.abort(), times=1)
    page.goto((site / "near.html").as_uri())
    for place in (page.locator("#first"), page.locator("#second")):
        expect(place).to_contain_text(name)
        before = height(page, f"#{place.get_attribute('id')}")
        place.get_by_role("button", name="Try again").click()
        expect(place.locator(".dc-surface")).to_be_visible()
        assert height(page, f"#{place.get_attribute('id')}") == pytest.approx(before, rel=0.05), "nothing jumps"
    draw_with_mouse(page.locator("#first .dc-surface"), pen_digit(3))
    expect(page.locator("#first .dc-answer strong")).to_have_text("3")


def test_says_so_if_there_is_no_such_model(page, site):
    page.goto((site / "far.html").as_uri())
    page.evaluate("document.querySelector('#second').dataset.model = 'absent'")
    page.locator("#second").scroll_into_view_if_needed()
    expect(page.locator("#second")).to_contain_text("absent.weights.js")
    page.locator("#second").get_by_role("button", name="Try again").click()
    expect(page.locator("#second")).to_contain_text("absent.weights.js")
    expect(page.locator("#first .dc-surface")).to_be_attached()


def test_a_canvas_in_a_notebook_shows_what_python_sets_later(page):
    source = (paths.PROJECT / "mnist_utils/canvas/static/widget.js").read_text(encoding="utf-8")
    page.evaluate(
        """async (source) => {
            const { default: { render } } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
            const drawn = { ink: new DataView(new ArrayBuffer(0)), probabilities: [], message: "", pen: 22 };
            const values = { ...drawn, labels: ["1", "2"], label: "1", reads: false, collects: true };
            const handlers = {};
            window.model = {
                get: (name) => values[name],
                set: (name, value) => { values[name] = value; handlers[`change:${name}`](); },
                on: (event, handler) => { handlers[event] = handler; },
            };
            render({ model, el: document.body });
        }""",
        source,
    )
    expect(page.get_by_role("radio", name="1")).to_be_checked()
    page.evaluate("model.set('label', '2')")
    expect(page.get_by_role("radio", name="2")).to_be_checked()
    expect(page.locator(".dc-answer")).to_be_hidden()
    page.evaluate("model.set('reads', true)")
    expect(page.locator(".dc-answer")).to_be_visible()
