/* Fuzz: a configuration file, and the patterns in it. */

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "policy/policy.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int fd = memfd_create("conf", MFD_CLOEXEC);
	struct policy *policy = NULL;
	struct fault fault;
	char path[64], *text;

	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (policy_load(path, false, &policy, &fault) == 0)
		(void)policy_plugin(policy, "wordcount");
	policy_unref(&policy);
	close(fd);

	text = xstrndup((const char *)data, len);
	(void)policy_match(text, "call:wordcount");
	(void)policy_http(text, "https", "www.example.org", 443, "/a/b");
	(void)policy_http("https://*.example.org:*/a", "https", text, 443, text);
	free(text);
	return 0;
}
