#!/bin/sh
# primes FILE - have primed test the integers in a file, one a line, and print the primes.
#
# Needs curl and jq. PRIMED_URL says where the service is, PRIMED_TOKEN holds its token, if it asks for one.
set -eu
url=${PRIMED_URL:-http://127.0.0.1:8080}
[ $# = 1 ] || {
    echo "usage: primes.sh FILE" >&2
    exit 1
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

# call PATH OPTION...: ask, and ask again while nobody answers or the service is busy (curl heeds Retry-After). With
# -o FILE curl begins the file anew with each try. It reads the token from a file: on its command line, everybody on
# the machine could see it.
printf 'User-Agent: primes.sh\n' >"$work/headers"
[ -z "${PRIMED_TOKEN:-}" ] || (umask 077 && printf 'Authorization: Bearer %s\n' "$PRIMED_TOKEN" >>"$work/headers")
call() {
    path=$1
    shift
    curl -sSN --fail-with-body --retry 8 --retry-connrefused --retry-max-time 60 -H "@$work/headers" "$@" "$url$path"
}

# explain FILE: what an answer with an error says, in one line.
explain() {
    if [ -s "$1" ]; then
        jq -r '"primes: \(.title): \([.errors // [.] | .[] | "\(.pointer // "") \(.detail)"] | join("; "))"' "$1" |
            sed 's/:  */: /g' >&2
    else
        echo "primes: no answer from $url" >&2
    fi
    exit 1
}

# The key makes sure that it is one batch, however often it is sent. Connections that break are tried again here: curl's
# --retry-all-errors would repeat a request that was refused as well.
key=$(cat /proc/sys/kernel/random/uuid)
status=0
for attempt in 1 2 3 4 5; do
    status=0
    call /v1/batches -H 'Content-Type: text/plain' -H "Idempotency-Key: $key" --data-binary "@$1" -o "$work/batch" || status=$?
    # It broke: nothing came, or it could not send or receive the rest. Everything else is final.
    case $status in
    52 | 55 | 56) sleep "$attempt" ;;
    *) break ;;
    esac
done
[ "$status" = 0 ] || explain "$work/batch"

# Progress comes as server-sent events.
self=$(jq -r .links.self "$work/batch")
call "$self/events" | sed -nu 's/^data: //p' |
    jq -rj --unbuffered '"\r\(.progress * 100 | floor)% of \(.counts.total) numbers"' >&2
echo >&2

# In jq, n stays the string it is: its numbers would round it.
call "$self/results?format=ndjson&only=prime" -o "$work/primes" || explain "$work/primes"
jq -r .n "$work/primes" | tee "$work/numbers"
echo "$(wc -l <"$work/numbers") primes, the largest $(sort -n "$work/numbers" | tail -n 1)" >&2
