"""Helpers of the book: the data, the models, their honest evaluation, and the reading of your own digits."""

from mnist_utils.quiet import import_tensorflow

# Before any other module imports TensorFlow or Keras: see mnist_utils.quiet.
import_tensorflow()
