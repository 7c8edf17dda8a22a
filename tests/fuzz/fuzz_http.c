/* Fuzz: the http op as a plugin asks for it: a URL on the first line, the rest is its input. */

#include <string.h>

#include "base/util.h"
#include "tool/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t url_len = end == NULL ? len : (size_t)(end - data);
	char *url = xstrndup((const char *)data, url_len);
	struct payload *input = end == NULL ? payload_text("{}") : payload_new(end + 1, len - url_len - 1);
	struct http_request request;
	struct fault fault;

	memset(&request, 0, sizeof(request));
	if (http_request_read(url, input, &request, &fault) == 0)
		http_request_clear(&request);
	payload_unref(&input);
	free(url);
	return 0;
}
