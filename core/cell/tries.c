/* The table of what `hospes doctor` tries; see tries.h. */

#include "cell/tries.h"

const struct try_row tries[TRIES_N] = {
#define LOADING(id, name, tried, when)         [TRY_LOADING + CALL_##id] = {"seccomp", "loading." name, tried, when, 0},
#define SERVING(id, name, tried, when)         [TRY_SERVING + CALL_##id] = {"seccomp", "serving." name, tried, when, 0},
#define ROW(id, layer, name, tried, when, abi) [TRY_##id] = {layer, name, tried, when, abi},
    TRY_CALLS(LOADING) TRY_CALLS(SERVING) TRY_ROWS(ROW)};
