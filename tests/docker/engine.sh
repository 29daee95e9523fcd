# engine.sh - a container engine for tests/docker/run: the one that runs, or one of our own. Sourced.
# shellcheck shell=bash
# shellcheck disable=SC2154 # `work` is the sourcing script's temporary directory

own_engine=    # the pid of the dockerd that was started here
own_bridge=    # the bridge it made, if there was none before
skip_reason=

engine_answers() { timeout 10 docker version >/dev/null 2>&1; }

# may_start_engine: whether this process has the rights that dockerd needs; else skip_reason says what lacks.
may_start_engine() {
    local capabilities
    capabilities=$((16#$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)))
    if [ "$(id -u)" != 0 ]; then
        skip_reason="no container engine answers, and only root may start one"
    elif ((!(capabilities >> 21 & 1) || !(capabilities >> 12 & 1))); then
        skip_reason="no container engine answers, and this root may not start one (no CAP_SYS_ADMIN, CAP_NET_ADMIN)"
    elif ! grep -q ' /sys/fs/cgroup' /proc/self/mounts; then
        skip_reason="no container engine answers, and none can be started here: no cgroups are mounted"
    else
        return 0
    fi
    return 1
}

# The engine keeps everything it writes under `work`, and needs no rules in the packet filter: ports
# are published by its proxy, and builds use the host's network.
start_engine() {
    [ -e /sys/class/net/docker0 ] || own_bridge=docker0
    export DOCKER_HOST=unix://$work/docker.sock
    dockerd --host "$DOCKER_HOST" --pidfile "$work/dockerd.pid" --data-root "$work/data" \
        --exec-root "$work/exec" --iptables=false --ip6tables=false >"$work/dockerd.log" 2>&1 &
    own_engine=$!
    wait_until 60 engine_answers_or_ended && engine_answers
}

engine_answers_or_ended() { ! kill -0 "$own_engine" 2>/dev/null || engine_answers; }

stop_engine() {
    [ -n "$own_engine" ] || return 0
    kill "$own_engine" 2>/dev/null || true
    wait "$own_engine" || true
    own_engine=
    # It leaves the name space of its network mounted.
    awk -v under="$work/" 'index($2, under) == 1 { print $2 }' /proc/self/mounts | xargs -r umount || true
    [ -z "$own_bridge" ] || ip link delete "$own_bridge" 2>/dev/null || true
}

# find_engine: one that answers; fails with skip_reason if there is none and none can be started.
find_engine() {
    engine_answers && return 0
    may_start_engine || return 1
    if ! scripts/install-deps docker >"$work/install.log" 2>&1; then
        skip_reason="no container engine is installed, and it cannot be: $(tail -n 1 "$work/install.log")"
    elif ! start_engine; then
        skip_reason="the container engine does not start here: $(grep -vE '^$' "$work/dockerd.log" | tail -n 1)"
    else
        return 0
    fi
    return 1
}

# find_base IMAGE OWN: print the name of an image to build on: IMAGE if the engine has it or can pull it,
# otherwise OWN, made by debootstrap from where this machine gets its packages.
find_base() {
    local image=$1 own=$2 release=${1#*:} mirror
    release=${release%-slim}
    if docker image inspect "$image" >/dev/null 2>&1 || timeout 60 docker pull -q "$image" >/dev/null 2>&1; then
        echo "$image"
        return
    fi
    # shellcheck disable=SC2016 # apt's variables, not ours
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" "Label: Debian" | head -n 1)
    debootstrap --variant=minbase "$release" "$work/base" ${mirror:+"$mirror"} >"$work/base.log" 2>&1 || {
        tail -n 5 "$work/base.log" >&2
        return 1
    }
    tar -C "$work/base" -c . | docker import - "$own" >/dev/null
    rm -rf "$work/base"
    echo "$own"
}
