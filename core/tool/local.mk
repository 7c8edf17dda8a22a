noinst_LIBRARIES += core/tool/libtool.a
core_tool_libtool_a_SOURCES = core/tool/http.c core/tool/http.h
