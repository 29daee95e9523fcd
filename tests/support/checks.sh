# checks.sh - a line a check, and a closing count, for tests written as shell scripts. Sourced.
# shellcheck shell=sh

passed=0 failed=0 skipped=0

# check WHAT COMMAND...
check() {
    what=$1
    shift
    if "$@"; then
        echo "ok   $what"
        passed=$((passed + 1))
    else
        echo "FAIL $what"
        failed=$((failed + 1))
    fi
}

# skip WHAT REASON
skip() {
    echo "skip $1: $2"
    skipped=$((skipped + 1))
}

# finish: the counts; fails if a check did.
finish() {
    echo "$passed passed, $failed failed, $skipped skipped"
    [ "$failed" = 0 ]
}
