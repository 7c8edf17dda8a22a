/*
 * Quality over time: what scores say of each version, and when it has become worse.
 *
 * A score is a number from 0 to 1 for one call: by the checks of its reply (their verdict), by the agent that made the call
 * (hospes_score), or by a person (`hospes score`).  Scores of one version, asked under one capability (or by name), by one kind of
 * scorer are a series; kinds are not mixed, since a strict judge that begins to judge is no drop.  A series is watched by a CUSUM
 * against its own history (cusum.h); a drop is an alert of the kind "quality", once.
 *
 * Who may score what: checks are the operator's; an agent can score a call that it made itself, once, and is on record with it; a
 * client can score a call of a run once.  So an agent cannot score itself, nor one that it did not call.  It can lie of those that
 * it calls: that is why quality_score, by which callees are picked, gives all scores of agents together no more weight than
 * those of checks and people, and none where there are none of these.
 *
 * The loop has all series in memory; each score's record carries its whole series, so that the store does no arithmetic and
 * a killed host comes back with what was durable.  A drop whose alert was not on record is raised at the start.
 *
 * Private to the room; see dispatch.h for what the rooms above need.  All [loop].
 */

#ifndef DISPATCH_QUALITY_H
#define DISPATCH_QUALITY_H

#include "dispatch/dispatch.h"

void quality_open(struct dispatch *d);
void quality_connect(struct dispatch *d); /* alerts can be raised: those that a killed host left out are */
void quality_close(struct dispatch *d);

/* The mean of what is known of a version under a capability (and asked by name), as routing may believe it; capability NULL or
 * "": asked by name alone.  NAN: nobody but agents has scored it.  No allocation. */
double quality_score(const struct dispatch *d, const char *plugin, const char *semver, const char *capability);

/* The capability that an op asked for, "" for none. */
const char *quality_capability(const struct op *op);

#endif
