/* Where things lie when the file does not say: for root, or under the XDG folders of a user.  Private to the room. */

#ifndef POLICY_PLACES_H
#define POLICY_PLACES_H

#include "policy/policy.h"

/* policy_defaults, told who runs rather than asking. */
struct policy *policy_defaults_as(bool dev, bool root);

/* Fills in state, socket and plugin folders. */
void places_preset(struct policy *p, bool root);

/* The folder of the plugins that came with the host is looked at too, and last, whatever the file says. */
void places_add_installed(struct policy *p);

#endif
