#!/bin/bash
# service.sh BUILD - a million numbers in and their verdicts out, by curl, with each store in turn.
#
# Prints the median seconds of ROUNDS (7) rounds, from the start of the POST to the last octet of the
# results, over the loopback; the stores take turns, so that what else the machine does hits both.
set -euo pipefail
build=$1
rounds=${ROUNDS:-7}
work=$(mktemp -d)
declare -A pids urls

clean_up() {
    kill "${pids[@]}" 2>/dev/null || true
    wait
    rm -rf "$work"
}
trap clean_up EXIT

# A million random 63-bit integers as a JSON array; the same ones each time.
awk 'BEGIN { srand(1); printf "["
    for (i = 0; i < 1000000; i++)
        printf "%s%d%09d%09d", i ? "," : "", int(rand() * 9) + 1, rand() * 1e9, rand() * 1e9 / 10
    print "]" }' >"$work/million.json"

for store in memory sqlite; do
    "$build/primed" --listen 127.0.0.1:0 --store "$store" --data-dir "$work/data" 2>"$work/$store.log" &
    pids[$store]=$!
    until grep -qs ' ready ' "$work/$store.log"; do
        kill -0 "${pids[$store]}"
    done
    urls[$store]=http://$(sed -n 's/.*address=\([^ ]*\).*/\1/p' "$work/$store.log")
done

# The verdicts of the first ones, by coreutils' factor: a prime is its own only factor.
checked=500
head -c $((checked * 24)) "$work/million.json" | tr -d '[' | tr , '\n' | sed -n "1,${checked}p" | factor |
    awk '{ print NF == 2 ? 1 : 0 }' >"$work/expected"

once() {
    local url=$1 location
    location=$(curl -sS -o /dev/null -D - -H 'Content-Type: application/json' --data-binary @"$work/million.json" \
        "$url/v1/batches" | tr -d '\r' | sed -n 's/^Location: //p')
    curl -sS -o "$work/verdicts" "$url$location/results?format=octets"
    curl -sS -X DELETE "$url$location"
}

for ((round = 0; round < rounds; round++)); do
    for store in memory sqlite; do
        began=${EPOCHREALTIME/./}
        once "${urls[$store]}"
        echo "$store $((${EPOCHREALTIME/./} - began))" >>"$work/times"
        [ "$(stat -c %s "$work/verdicts")" = 1000000 ]
        head -c "$checked" "$work/verdicts" | od -An -v -w1 -tu1 | tr -d ' ' | cmp - "$work/expected"
    done
done
printf '\nA million numbers by curl, medians of %d rounds:\n\n| store | seconds |\n| --- | ---: |\n' "$rounds"
for store in memory sqlite; do
    sed -n "s/^$store //p" "$work/times" | sort -n |
        awk -v store="$store" '{ t[NR] = $1 } END { printf "| %s | %.3f |\n", store, t[int((NR + 1) / 2)] / 1e6 }'
done
