/*
 * What the programs on the guest's side share: the spawner, the cell and the inspector.
 *
 * The spawner tells the program that it starts by arguments what it has put on, since the environment is empty and the
 * first frame comes later:
 *
 *   hospes-cell     cell|probe  LAYERS  IPC        layers in hexadecimal; the inode of the spawner's ipc namespace
 *   hospes-inspect  --jailed    LAYERS  UID        the uid to become, -1 to stay
 *
 * LAYER_MOUNT_NS among them says that the namespace was made; the program itself empties the root, and only then does
 * the layer hold.  LAYER_CGROUP holds only where the limit was written.
 */

#ifndef CELL_GUEST_H
#define CELL_GUEST_H

#include <stdint.h>

#include "cell/cell.h"

/* Names of the memory cgroups that the spawner makes begin with this. */
#define GUEST_CGROUP_PREFIX "hospes-cell-"

#endif
