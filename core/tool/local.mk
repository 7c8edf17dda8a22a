noinst_LIBRARIES += core/tool/libtool.a
core_tool_libtool_a_SOURCES = \
	core/tool/address.c core/tool/address.h core/tool/answer.c core/tool/answer.h core/tool/host.c \
	core/tool/http.c core/tool/http.h core/tool/request.c core/tool/request.h core/tool/transfer.c \
	core/tool/transfer.h core/tool/url.c
core_tool_libtool_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS) $(SODIUM_CFLAGS)
