"""Compares two runs of the same rows, by the folders of their results: the same files with the same predictions.

same_results.py CLUSTER ALONE WHO
"""

import json
import pathlib
import sys


def read(folder):
    folder = pathlib.Path(folder)
    files = {str(path.relative_to(folder)): json.loads(path.read_text()) for path in folder.rglob("*.json")}
    same = lambda file: (file["status"], [(one["seed"], one["predictions"]) for one in file["repeats"]])
    return {name: same(file) for name, file in files.items()}


cluster, alone = map(read, sys.argv[1:3])
print(f"{len(cluster)} rows by {sys.argv[3]}, {len(alone)} alone")
if not alone or cluster != alone:
    differing = [name for name in sorted(cluster.keys() | alone.keys()) if cluster.get(name) != alone.get(name)]
    sys.exit(f"different: {differing}")
print("the same files with the same predictions")
