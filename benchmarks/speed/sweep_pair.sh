#!/bin/bash
# CPU seconds of a plain sweep by two builds, family by family in turns.
#
#     benchmarks/speed/sweep_pair.sh OLD NEW FILE
#
# OLD and NEW are checkouts with a release build in target/release. FILE gets a line a family and build:
# family, build, user and system CPU seconds of all processes, elapsed seconds, result files so far.
# Nothing else should run meanwhile. Takes about two plain sweeps.
set -euo pipefail
[ $# -eq 3 ] || { echo "found $# arguments; expected 3: sweep_pair.sh OLD NEW FILE" >&2; exit 2; }
old=$(realpath "$1") new=$(realpath "$2") file=$(realpath "$3")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
families=(LinearSVC GradientBoostingClassifier LogisticRegression SVC KNeighborsClassifier RandomForestClassifier
  DecisionTreeClassifier MLPClassifier GaussianProcessClassifier Network SGDClassifier ExtraTreeClassifier GaussianNB
  PassiveAggressiveClassifier Perceptron)
echo "family,build,user_seconds,system_seconds,elapsed_seconds,files" >"$file"
for family in "${families[@]}"; do
  for build in old new; do
    cd "${!build}"
    # Rows of the crates may fail, which is exit code 1.
    /usr/bin/time -o "$work/time" -f "%U,%S,%e" target/release/mnist-bench sweep -c "$family" --run pair \
      --results-dir "$work/$build" --reports-dir "$work/$build-reports" >/dev/null 2>"$work/log" || [ $? -eq 1 ]
    files=$(find "$work/$build" -name '*.json' | wc -l)
    echo "$family,$build,$(tail -n 1 "$work/time"),$files" >>"$file"
  done
done
awk -F, 'NR > 1 { sum[$2] += $3 + $4 } END { printf "old %.0f, new %.0f CPU s: %.2f\n", sum["old"], sum["new"], sum["new"] / sum["old"] }' "$file"
