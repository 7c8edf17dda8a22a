# libhospes and the SDK
