# lib.sh - what the scripts share: colours, steps, and a service to talk to. Sourced, never run.
#
# The sourcing script sets `root`, the top of the tree, `work`, a temporary directory, and traps its exit with clean_up.
# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # who sources this uses, or sets, the rest

# Colours on a terminal only, and not where https://no-color.org asks for none.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m')
    green=$(printf '\033[32m') yellow=$(printf '\033[33m') red=$(printf '\033[31m')
    plain=$(printf '\033[0m')
else
    bold='' dim='' green='' yellow='' red='' plain=''
fi

now_ms() { echo $(($(date +%s%N) / 1000000)); }

# seconds_since MS: the time from then to now, as people read it.
seconds_since() {
    passed_ms=$(($(now_ms) - $1))
    printf '%d.%02d s' $((passed_ms / 1000)) $((passed_ms % 1000 / 10))
}

# wait_until SECONDS COMMAND...: run it until it succeeds; fails when the time is over.
wait_until() {
    deadline_ms=$(($(now_ms) + $1 * 1000))
    shift
    until "$@"; do
        [ "$(now_ms)" -lt "$deadline_ms" ] || return 1
        sleep 0.05
    done
}

# step WHAT COMMAND...: say what is done and how long it took; show the output if it fails.
step() {
    printf '  %-28s ' "$1"
    began_ms=$(now_ms)
    shift
    if "$@" >"$work/step.log" 2>&1; then
        printf '%sdone%s %s(%s)%s\n' "$green" "$plain" "$dim" "$(seconds_since "$began_ms")" "$plain"
    else
        printf '%sfailed%s\n\n' "$red" "$plain"
        cat "$work/step.log"
        return 1
    fi
}

# Every make that a script runs uses all processors, whatever the make was told that runs the script.
unset MFLAGS
MAKEFLAGS="-j$(nproc) --no-print-directory"
export MAKEFLAGS

service_is_ready() {
    kill -0 "$service_pid" 2>/dev/null || return 0 # it died: no use in waiting
    grep -q ' ready ' "$service_log"
}

# start_service: run build/primed on a free port, in a directory of its own.
# Sets service_pid, service_url and service_log.
start_service() {
    service_log=$work/service.log
    mkdir -p "$work/service"
    : >"$service_log"
    (cd "$work/service" && exec "$root/build/primed" --listen 127.0.0.1:0 --log-format text 2>"$service_log") &
    service_pid=$!
    wait_until 10 service_is_ready || true
    service_url=$(sed -n 's|.* listening address=\([^ ]*\).*|http://\1|p' "$service_log")
    if ! kill -0 "$service_pid" 2>/dev/null || ! grep -q ' ready ' "$service_log"; then
        echo "The service does not start:" >&2
        cat "$service_log" >&2
        return 1
    fi
}

# stop_service: drain it with TERM; returns its exit status.
stop_service() {
    kill -TERM "$service_pid"
    service_status=0
    wait "$service_pid" || service_status=$?
    service_pid=
    return "$service_status"
}

# clean_up: what a script's EXIT trap calls, however it ends.
clean_up() {
    [ -z "${service_pid:-}" ] || stop_service 2>/dev/null || true
    rm -rf "$work"
}
