"""Digits to practise on and to measure on, made by program: strokes, photographs, touching digits, picture sets."""
