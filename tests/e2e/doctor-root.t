# `hospes doctor` as root: cells under uids of their own, every layer tried, every refusal told by how it was refused.
. "$TESTS/lib.sh"
[ "$(id -u)" -eq 0 ] || skip_all "needs root"
plan 17
SECONDS=0
doctor env
is "$code" 0                            "every required layer holds" || shown
holds "[ $SECONDS -lt 30 ]"             "within seconds"
is "$(jq -c '[.format, .ok, .degraded, .uid]' "$T/out")" '[1,true,false,"their own"]' "cells have uids of their own"
is "$(jq -r .kernel "$T/out")" "$(uname -r)" "the kernel's release is told"
is "$(jq -c '[.layers[].name]' "$T/out")" \
    '["uid","net_ns","pid_ns","mount_ns","ipc_ns","cgroup","rlimits","caps","no_new_privs","landlock","seccomp","tsc","readonly","network","memory","watchdog","descriptors","signals"]' \
    "the layers are these"
is "$(jq -c '[.layers[] | select(.required) | .name] | sort' "$T/out")" \
    '["caps","network","no_new_privs","rlimits","seccomp"]' "required are these"
is "$(jq -c '.missing' "$T/out")" "$(jq -c '[.layers[] | select(.holds | not) | .name]' "$T/out")" "what is missing is told"
# The rest is this machine's to give or not; what needs nothing of it holds.
is "$(jq -c '[.layers[] | select(.holds | not) | .name] - ["net_ns", "pid_ns", "mount_ns", "ipc_ns", "cgroup", "landlock", "tsc"] -
    (if env.SANITIZERS == "yes" then ["memory"] else [] end)' "$T/out")" '[]' "all that any machine can give is there"
is "$(jq '[.layers[] | select(.holds) | .tries[] | select(.applies and ((.refused | not) or .found == ""))] | length' "$T/out")" 0 \
    "a layer that holds has refused everything and says how"
holds "[ $(jq '[.layers[].tries[]] | length' "$T/out") -gt 190 ]" "some two hundred things were tried"
is "$(found seccomp loading.socket) $(found seccomp serving.openat2) $(found seccomp serving.killers)" "ENOSYS ENOSYS SIGSYS" \
    "a constructor has no socket, a handler no file, and ptrace ends it"
is "$(found rlimits cpu) $(found rlimits core)" "SIGXCPU SIGABRT and no file" "who computes while he loads is ended, and nobody leaves a core"
holds "found watchdog spin | grep -q '^ended by the host: it computed for .* without a frame'" "one that spins is ended by the host"
holds "found watchdog silent | grep -q '^ended by the host: it did not compute and did not answer'" "one that is silent too"
hospes doctor >"$T/out" 2>"$T/err" </dev/null
holds "grep -qx 'ok: every required layer holds' '$T/out' && grep -q '^holds seccomp (required)' '$T/out'" "and it is told in words"
is "$(awk 'length > 120' "$T/out" | wc -l)" 0 "that fit a terminal"
holds doctor_left_nothing               "and it leaves nothing behind"
