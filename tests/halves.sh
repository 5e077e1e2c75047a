#!/usr/bin/env bash
# Runs all tests in two halves at the same time, because most of them wait, and ends with one summary of both.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .local

second=(tests/description tests/direct tests/infra tests/integration tests/lane tests/unit)
first=()
for folder in $(find tests -name 'test_*.py' -exec dirname {} + | cut -d/ -f1,2 | sort -u); do
    [[ " ${second[*]} " == *" $folder "* ]] || first+=("$folder")
done

.venv/bin/pytest "${second[@]}" >.local/second-half.log 2>&1 &
other=$!
failed=0
.venv/bin/pytest "${first[@]}" 2>&1 | tee .local/first-half.log || failed=1
wait "$other" || failed=1
cat .local/second-half.log

# "===== 2 failed, 40 passed in 3.21s =====" of each, added up.
grep -hE '^=+ .*(passed|failed|error).* in [0-9.]+s' .local/first-half.log .local/second-half.log \
    | grep -oE '[0-9]+ (passed|failed|skipped|errors?|warnings?|xfailed|xpassed|deselected)' \
    | awk -v took="$SECONDS" '{ count[$2] += $1 }
        END { for (kind in count) line = line (line ? ", " : "") count[kind] " " kind
              print "================ " line " in " took "s ================" }'
exit "$failed"
