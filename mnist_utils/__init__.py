"""Helpers of the book: the data, the models, their honest evaluation, and the reading of your own digits.

What a chapter imports lies on top: ``data``, ``models``, ``evaluation``, ``comparison``, ``plots``, ``predict``, and
``paths`` and ``quiet``. A chapter's program imports ``figure_files``, too. ``reading`` brings a picture into MNIST's
format, ``practice`` makes digits to practise on, ``canvas`` is the drawing area. No chapter imports ``_runtime``.
"""
