# A short round of chaos: see tests/chaos.
RUNS=${RUNS:-300} KILLS=${KILLS:-12}
. "$TESTS/../chaos/chaos.t"
