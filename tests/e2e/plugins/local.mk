# Plugins that the scenarios need beyond the fixtures.
