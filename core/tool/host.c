/* What the host of a URL is, as far as it can be told before a name is looked up. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "tool/address.h"
#include "tool/http.h"

#define LOCALHOST "localhost" /* RFC 6761: it, and all below it */

const char *
http_host_special(const char *host)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	size_t len = strlen(host), local = strlen(LOCALHOST);

	if (inet_pton(AF_INET, host, &v4.sin_addr) == 1)
		return address_special((const struct sockaddr *)&v4);
	if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1)
		return address_special((const struct sockaddr *)&v6);
	if (len < local || strcasecmp(host + len - local, LOCALHOST) != 0)
		return NULL;
	return len == local || host[len - local - 1] == '.' ? "a name of this machine" : NULL;
}
