# A short round of chaos: see tests/chaos.
RUNS=${RUNS:-60} KILLS=${KILLS:-10} LASTS=${LASTS:-5000}
. "$TESTS/../chaos/chaos.t"
