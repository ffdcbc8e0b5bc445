"""Benchmarks: phistac beside other tools, in one run, on one sandbox, with the results compared.

``make benchmarks`` runs them all and writes ``docs/benchmarks.md``. Each file has one function ``run`` that returns
tables; ``clients`` holds one small program for each tool and job, run in the tool's own environment.
"""
