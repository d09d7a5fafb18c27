"""Helpers of the book: the data, the models, their honest evaluation, and the reading of your own digits."""
