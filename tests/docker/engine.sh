# engine.sh - a container engine for tests/docker/run: the one that runs, or one of our own. Sourced.
# shellcheck shell=bash
# shellcheck disable=SC2154 # `work` is the sourcing script's temporary directory

own_engine= # the pid of the dockerd that was started here
own_bridge= # its network interface
skip_reason=

engine_answers() { timeout 10 docker version >/dev/null 2>&1; }

# may_start_engine: whether this process has the rights that dockerd needs; else skip_reason says what lacks.
may_start_engine() {
    local capabilities lack
    capabilities=$((16#0$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status 2>/dev/null)))
    if [ "$(id -u)" != 0 ]; then
        lack="only root may start one"
    elif ((!(capabilities >> 21 & 1) || !(capabilities >> 12 & 1))); then
        lack="this root may not start one (it lacks CAP_SYS_ADMIN or CAP_NET_ADMIN)"
    elif ! grep -q '^[^ ]* / ' /proc/self/mounts; then
        lack="none works inside a chroot"
    elif ! grep -q ' /sys/fs/cgroup' /proc/self/mounts; then
        lack="none works without cgroups"
    else
        return 0
    fi
    skip_reason="no container engine answers, and $lack"
    return 1
}

# The engine keeps everything it writes under `work`, has a network interface of its own, and needs no
# rules in the packet filter: its proxy publishes ports, and builds use the host's network. So two of
# these may run at once, and each leaves nothing.
start_engine() {
    export DOCKER_HOST=unix://$work/docker.sock
    own_bridge=primed$$
    {
        ip link add "$own_bridge" type bridge
        ip address add "10.213.$(($$ % 256)).1/24" dev "$own_bridge"
        ip link set "$own_bridge" up
    } >"$work/dockerd.log" 2>&1 || return 1
    dockerd --host "$DOCKER_HOST" --pidfile "$work/dockerd.pid" --data-root "$work/data" \
        --exec-root "$work/exec" --bridge "$own_bridge" --iptables=false --ip6tables=false --ip-forward=false \
        >>"$work/dockerd.log" 2>&1 &
    own_engine=$!
    wait_until 60 engine_answers_or_ended && engine_answers
}

engine_answers_or_ended() { ! kill -0 "$own_engine" 2>/dev/null || engine_answers; }

stop_engine() {
    if [ -n "$own_engine" ]; then
        kill "$own_engine" 2>/dev/null || true
        wait "$own_engine" || true
        # It leaves the name space of its network mounted.
        awk -v under="$work/" 'index($2, under) == 1 { print $2 }' /proc/self/mounts | xargs -r umount || true
    fi
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
# otherwise OWN, made of Debian's packages from where this machine gets them. Errors go to stderr.
find_base() {
    local image=$1 own=$2 release=${1#*:} mirror
    release=${release%-slim}
    if docker image inspect "$image" >/dev/null 2>&1 || timeout 60 docker pull -q "$image" >/dev/null 2>&1; then
        echo "$image"
        return
    fi
    # shellcheck disable=SC2016 # apt's variables, not ours
    mirror=$(apt-get indextargets --format '$(REPO_URI)' "Codename: $release" "Label: Debian" | head -n 1)
    mmdebstrap --quiet --variant=apt --dpkgopt=path-exclude=/usr/share/{doc,man,locale}/* \
        "$release" - ${mirror:+"$mirror"} | docker import - "$own" >/dev/null || return 1
    echo "$own"
}
