#!/bin/sh
# store.sh [BUILD] - what keeping batches on disk costs, as medians: `make bench-store`.
#
# Compares, on one disk and side by side: accepted batches of 20 numbers a second, from 16 clients, with bare
# one-row commits of SQLite; and a batch of a million numbers in the durable store with one in memory.
set -eu

build=${1:-build}
rounds=${ROUNDS:-5}
seconds=${SECONDS_EACH:-3}
directory=$(mktemp -d "${TMPDIR:-/tmp}/primed-bench.XXXXXX")
pid=
trap 'if [ -n "$pid" ]; then kill "$pid" 2>/dev/null || true; fi; rm -rf "$directory"' EXIT

# Start primed with a fresh store of that kind; leaves $address and $pid.
start() {
    rm -rf "$directory/data" "$directory/log"
    "$build/primed" --listen=127.0.0.1:0 --store="$1" --data-dir="$directory/data" 2>"$directory/log" &
    pid=$!
    until grep -qs " ready " "$directory/log"; do
        kill -0 "$pid"
        sleep 0.05
    done
    address=$(sed -n 's/.*listening address=\([^ ]*\).*/\1/p' "$directory/log")
}

stop() {
    kill "$pid"
    wait "$pid"
    pid=
}

median() {
    sort -g | awk '{ value[NR] = $1 } END { print value[int((NR + 1) / 2)] }'
}

for _ in $(seq "$rounds"); do
    rm -f "$directory"/bare.sqlite*
    "$build/bench/store" "$directory" bare "$seconds" >>"$directory/bare"
    for kind in sqlite memory; do
        start "$kind"
        "$build/bench/store" "$address" small 16 20 "$seconds" >>"$directory/small.$kind"
        stop
        start "$kind"
        "$build/bench/store" "$address" big 1000000 >>"$directory/big.$kind"
        stop
    done
done

bare=$(median <"$directory/bare")
small=$(median <"$directory/small.sqlite")
big=$(median <"$directory/big.sqlite")
big_memory=$(median <"$directory/big.memory")
small_memory=$(median <"$directory/small.memory")
row() { # WHAT FIGURE BESIDE RATIO
    echo "| $1 | $2 | ${3:-} | ${4:+$(echo "$2 $4" | awk '{ printf "%.2f", $1 / $2 }')} |"
}
echo
echo "What keeping batches costs, medians of $rounds rounds:"
echo
echo "| what | figure | beside | ratio |"
echo "| --- | ---: | --- | ---: |"
row "one-row commits of SQLite a second" "$bare"
row "accepted batches a second, 16 clients, sqlite" "$small" "the commits" "$bare"
row "accepted batches a second, 16 clients, memory" "$small_memory"
row "seconds for a million numbers as text, sqlite" "$big" "in memory" "$big_memory"
row "seconds for a million numbers as text, memory" "$big_memory"
