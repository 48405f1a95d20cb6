"""The classifier's training pipeline: data and composed text -> teacher and student -> artefacts and figures.

It runs on a developer's machine only (`make train`); building, testing and demonstrating Weir never need it. It reads
labelled rows from a folder given on the command line and never writes a row of them anywhere.
"""
