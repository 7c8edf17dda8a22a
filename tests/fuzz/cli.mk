# fuzz targets of the client: files that become documents
FUZZ += html document
FUZZ_DOCUMENT = $(core_base_libbase_a_SOURCES) core/cli/document.c core/cli/document.h core/cli/document_gzip.c \
	core/cli/document_html.c core/cli/document_info.c core/cli/document_pdf.c core/cli/document_plain.c
EXTRA_DIST += tests/fuzz/fuzz_html.c tests/fuzz/fuzz_document.c
fuzz/html: tests/fuzz/fuzz_html.c $(FUZZ_DOCUMENT)
fuzz/document: tests/fuzz/fuzz_document.c $(FUZZ_DOCUMENT)
fuzz/html fuzz/document: config.h
	$(AM_V_CCLD)$(MKDIR_P) fuzz && files= && for file in $^; do case $$file in *.c) files="$$files $$file" ;; esac; done && \
	$(FUZZ_CC) $(FUZZ_FLAGS) $(XML_CFLAGS) $(ZLIB_CFLAGS) -o $@ $$files $(FUZZ_LIBS) $(XML_LIBS) $(ZLIB_LIBS)
