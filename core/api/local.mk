noinst_LIBRARIES += core/api/libapi.a
core_api_libapi_a_SOURCES = core/api/api.c core/api/api.h
