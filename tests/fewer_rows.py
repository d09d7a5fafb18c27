"""What makes a notebook's test short: texts of its cells, and what stands in their place in the tested copy."""

# What a notebook computes by itself is at full scale also in a smoke run, and so is the number of models it trains. Its
# test runs the same code on fewer rows, on fewer pages, for fewer seeds and recipes: a model takes some seconds,
# however few its rows are.
FEWER_ROWS = {
    "notebooks/02_baseline": {
        "(linear_model, pixels, digits, ": "(linear_model, pixels[:500], digits[:500], ",
        "X_train[:3000], y_train[:3000]": "X_train[:500], y_train[:500]",
        "X_train[3000:13000], y_train[3000:13000]": "X_train[3000:3500], y_train[3000:3500]",
        "n_folds=5, epochs=10": "n_folds=2, epochs=10",
        '{"epochs": 2, "verbose": 0}': '{"epochs": 2, "verbose": 0, "n_folds": 2}',
        # The tests of evaluation compare the bits of one and two workers, appendix A those of five, too.
        "n_workers=2": "n_workers=1",
        "X_train[:6000], y_train[:6000], epochs=2": "X_train[:500], y_train[:500], epochs=1",
        "n_rows=3000, epochs=3": "n_rows=500, epochs=1",
    },
    "notebooks/05_finalize": {
        "= prep_pixels(X_train, X_test)": "= prep_pixels(X_train, X_test[:500])\ny_test = y_test[:500]",
    },
    "notebooks/07_pixel_scaling": {
        "[:6000]": "[:500]",
        "scale(X_train), y_train, name": "scale(X_train[:500]), y_train[:500], name",
    },
    "notebooks/08_learning_rate": {
        "rates = [1.0, 0.3, 0.1, 0.03, 0.01, 0.001, 0.0001]": "rates = [0.1, 0.01]",
        "0.3: (ORANGE": "0.1: (ORANGE",
        "0.03: (BLUE": "0.01: (BLUE",
        "for rate in (0.1, 0.03, 0.01, 0.001)": "for rate in (0.1, 0.01)",
        "for rate in (0.01, 0.003, 0.001, 0.0001)": "for rate in (0.001,)",
        "X_train[:5000]": "X_train[:300]",
        "y_train[:5000]": "y_train[:300]",
        "[5000:6000]": "[5000:5100]",
        "[6000:16000]": "[6000:6500]",
        '0.0001: (GREEN, "^:"), ': "",
        "epochs=15": "epochs=3",
        "np.arange(1, 16)": "np.arange(1, 4)",
    },
    "notebooks/09_depth_and_width": {
        "Classifier(random_state=1)": "Classifier(10, random_state=1)",
    },
    "notebooks/10_difference": {
        "for seed in (2, 3)": "for seed in (2,)",
        "seed, n_rows=at_scale(6_000, 400))": "seed, 400) if seed == 1 else define_model()",
        "at_scale(20, 3)": "2",
    },
    "notebooks/11_scaling_out": {
        "(*setting) for setting in grid": "(*setting) for setting in grid[1::2]",
        "n_workers=2,\n    threads": "n_workers=1,\n    threads",
        "there = evaluate_setting(32, 0.01, client=client)\nalone": "alone",
    },
    "notebooks/12_own_handwriting": {
        '("polarity", "crop", "box", "mass", "stroke")': '("crop", "mass")',
    },
    "notebooks/13_other_hands": {
        "for source in SOURCES:": "for source in SOURCES[-2:]:",
        "seeds=[1, 2]": "seeds=[1]",
        "seeds = [1, 2, 3, 4, 5]": "seeds = [1, 2]",
        "[50_000:]": "[50_000:50_500]",
        "_test[:2000]": "_test[:200]",
        "predict_proba(X_test)": "predict_proba(X_test[:500])",
        "test_digits == y_test": "test_digits == y_test[:500]",
        "sample_mine(200, seed=4)": "sample_mine(20, seed=4)",
        "[:10_000]": "[:500]",
        '    "+ changed images": train_each([mnist]),\n': "",
    },
    "notebooks/14_whole_pages": {
        "_test[:2000]": "_test[:200]",
        "count=207": "count=2",
        "count=90": "count=1",
        'kind == "touching"': 'kind != "touching"',  # the first two are of other kinds: a share of none is nan
        "20_000": "60",
        "(unmet, 1_000": "(unmet, 40",
        "[:30_000]": "[:300]",
        "40_000": "60",
        "count=9, seed=6": "count=2, seed=6",
        "pages[8]": "pages[-1]",
    },
    "notebooks/16_another_data_set": {
        "(300, 1000, 3000, 10_000)": "(300,)",
    },
    "notebooks/17_what_it_sees": {
        "[50_000:]": "[50_000:51_000]",
        "(200, len(given))": "(20, len(given))",
        'kind="stable")][:8]': 'kind="stable")][:2]',
        "in (2, 3, 4, 6, 7, 9)": "in (2, 4)",
        "at_scale(2000, 200)": "100",
    },
    "notebooks/18_how_far": {
        "[50_000:]": "[50_000:50_500]",
        "prep_pixels(X_train, X_test)": "prep_pixels(X_train, X_test[:500])\ny_test = y_test[:500]",
        "seeds=[1, 2]": "seeds=[1]",
        "SEEDS = 1, 2, 3, 4, 5": "SEEDS = 1, 2",
        "in networks.items()": "in list(networks.items())[:2]",
        "in steps.items()": "in list(steps.items())[:1]",
        'right["more epochs"]': 'right["calmer"]',
        "for seed in (1, 2)": "for seed in (1,)",
    },
    "notebooks/a_fast_harness": {
        "1600": "160",
        "rounds=5": "rounds=1",
        "in (1, 2, 5)": "in (1, 2)",
        '    "deeper": define_deeper,\n': "",
        "np.arange(3)": "np.arange(2)",
        "set_yticks(range(3)": "set_yticks(range(2)",
    },
    "solutions/02_baseline": {
        "model.fit(X, y, epochs=3": "model.fit(X[:500], y[:500], epochs=1",
        "[6000:12_000]": "[6000:6500]",
        "(8, 16, 64)": "(8,)",
        'run(define_baseline, name="baseline", epochs=10)': "baseline",
        'run(define_baseline, name="25 epochs", epochs=25)': "baseline",
    },
    "solutions/03_batch_normalization": {
        "in (2, 8, 128)": "in (2,)",
        "[2, 8, 32, 128]": "[2, 32]",
        '("baseline", 0.01), ("baseline", 0.1), ': '("baseline", 0.01), ',
    },
    "solutions/04_deeper_model": {
        "evaluate_model(define_deeper, X, y, **six_epochs)": "deeper",
    },
    "solutions/05_finalize": {
        "[:10_000]": "[:500]",
        "[10_000:20_000]": "[10_000:10_500]",
    },
    "solutions/06_predict": {
        "range(60)": "range(6)",
        "labels[:60]": "labels[:6]",
    },
    "solutions/07_pixel_scaling": {
        "model.fit(X, y, epochs=3": "model.fit(X[:500], y[:500], epochs=1",
        "(1e-4, 1e-5, 1e-6)": "(1e-6,)",
        '"0 to 1": others, "bytes": 255 * others}': '"0 to 1": others[:500], "bytes": 255 * others[:500]}',
        "y_train[6000:12_000]": "y_train[6000:6500]",
    },
    "solutions/08_learning_rate": {
        "n_batches = len(X) // 32": "n_batches = 30",
        "(0.0, 0.5, 0.9, 0.99)": "(0.0, 0.9)",
        "by_momentum[0.0], by_momentum[0.5], by_momentum[0.99]": "by_momentum[0.0]",
        "(0.01, 0.001, 0.0001)": "(0.001,)",
    },
    "solutions/09_depth_and_width": {
        "[(4, 8, 16), (8, 16), (8, 16, 32), (16, 32)]": "[(8, 16)]",
    },
    "solutions/10_difference": {
        "for k in (5, 10)": "for k in (5,)",
    },
    "solutions/11_scaling_out": {
        "product((16, 32, 64), (0.01, 0.03))": "product((16, 32), (0.01,))",
    },
    "solutions/12_own_handwriting": {
        "range(90, 150)": "range(90, 100)",
    },
    "solutions/13_other_hands": {
        "parts = [(X_train, y_train), make_pen_digits(20_000)": "parts = [(X_train[:500], y_train[:500])",
        "= load_mnist()": "= load_mnist()\nX_test, y_test = X_test[:500], y_test[:500]",
        "for source in SOURCES:": "for source in SOURCES[-2:]:",
        "in SOURCES if": "in SOURCES[-2:] if",
        "TEST_FONTS, 25": "TEST_FONTS, 2",
        "TRAINING_FONTS, 8": "TRAINING_FONTS, 2",
    },
    "solutions/14_whole_pages": {
        "count=9": "count=1",
        "(0.3, before, 0.95)": "(before, 0.95)",
        "max_digits=60": "max_digits=8",
    },
    "solutions/15_in_the_browser": {
        "range(8, 1, -1)": "range(8, 6, -1)",
    },
    "solutions/16_another_data_set": {
        "(300, 1000, 3000, 10_000)": "(300,)",
        'evaluate_model(\n    define_small, X_digits, y_digits, epochs=100, name="100 epochs", verbose=0\n)': "small",
    },
    "solutions/17_what_it_sees": {
        "slice(6000)": "slice(600)",
        "[50_000:]": "[50_000:56_000]",
        " & (logits.argmax(axis=1) == 4)": "",  # it reads no four yet
        "for _ in range(10)": "for _ in range(2)",
        "[size] * 10": "[size] * 2",
    },
    "solutions/18_how_far": {
        "[50_000:]": "[50_000:50_500]",
        "seeds=(1, 2)": "seeds=(1,)",
        "in distortions.items()": "in list(distortions.items())[-1:]",
        "range(1, 9)": "range(1, 3)",
        "(1, 2, 3, 5, 8)": "(1, 2)",
        "(0, *scales)": "(0.4,)",
        "(0.05, 0.2)": "(0.2,)",
        "range(1, 6)": "range(1, 3)",
        "for part in parts": "for part in parts[-1:]",
    },
}
