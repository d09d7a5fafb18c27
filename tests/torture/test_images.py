"""Ten thousand pictures as they should not be, at every door: each ends in an answer, or in an error that helps."""

import pytest
from hypothesis import strategies as st
from torture.broken_pictures import arrays, picture_files, pillow_images
from torture.doors import FILE_DOORS, PICTURE_DOORS, Doors, check

pytestmark = [pytest.mark.torture, pytest.mark.slow]


@pytest.fixture(scope="module")
def doors():
    doors = Doors()
    yield doors
    doors.close()


def test_files_damaged_and_mislabelled(doors, tmp_path, try_cases):
    def read(case):
        door, picture = case
        file = tmp_path / f"picture{picture.suffix}"
        file.write_bytes(picture.to_bytes())
        check(doors.ask(door, file))

    try_cases(5000, st.tuples(st.sampled_from(FILE_DOORS), picture_files), read)


def test_arrays_of_any_shape_and_type(doors, try_cases):
    door = st.sampled_from((*PICTURE_DOORS, "predict_proba"))
    try_cases(3000, st.tuples(door, arrays), lambda case: check(doors.ask(*case)))


def test_pillow_images_of_every_mode(doors, try_cases):
    try_cases(2000, st.tuples(st.sampled_from(PICTURE_DOORS), pillow_images), lambda case: check(doors.ask(*case)))
