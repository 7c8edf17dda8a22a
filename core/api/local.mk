noinst_LIBRARIES += core/api/libapi.a
core_api_libapi_a_SOURCES = \
	core/api/agents.c core/api/api.c core/api/api.h core/api/backup.c core/api/breakers.c \
	core/api/erase.c core/api/exchange.c core/api/finish.c core/api/host.c core/api/logs.c \
	core/api/many.c core/api/memory.c core/api/policy.c core/api/quality.c core/api/refusal.c \
	core/api/reply.c core/api/requests.c core/api/reviews.c core/api/route.c core/api/runs.c \
	core/api/serve.h core/api/start.c core/api/stream.c
