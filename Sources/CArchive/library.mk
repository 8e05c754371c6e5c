# The C library that runs archives, without Swift: liblathe.so and liblathe.a in $(LIBRARY), with the header lathe.h.
#
# Its parts of Sources/CRuntime are those that a compiled program asks for; kernels are in the programs themselves.
LIBRARY ?= .build/library
CC_LIBRARY ?= $(shell command -v clang || echo $(dir $(SWIFT))clang)
LIBRARY_VERSION := 1
RUNTIME_PARTS := aoti_copy aoti_host aoti_numbers aoti_tensor convert_avx2 convert_avx512 convert_baseline foreign_file foreign_stub \
  lathe_copy lathe_cpu lathe_fallback lathe_foreign lathe_nest lathe_storage lathe_threads shim_operators_a_l shim_operators_m_z
ARCHIVE_PARTS := calls metadata package program
LIBRARY_OBJECTS := $(RUNTIME_PARTS:%=$(LIBRARY)/runtime_%.o) $(ARCHIVE_PARTS:%=$(LIBRARY)/archive_%.o)
LIBRARY_FLAGS := -std=gnu17 -O2 -fPIC -fvisibility=hidden -ffunction-sections -fdata-sections -fno-math-errno -ffp-contract=off -Wall -Werror \
  -MMD -ISources/CRuntime/include -ISources/CArchive/include

.PHONY: library
library: $(LIBRARY)/liblathe.so $(LIBRARY)/liblathe.a $(LIBRARY)/lathe.h

$(LIBRARY)/runtime_%.o: Sources/CRuntime/%.c
	@mkdir -p $(LIBRARY)
	$(CC_LIBRARY) $(LIBRARY_FLAGS) -c $< -o $@

$(LIBRARY)/archive_%.o: Sources/CArchive/%.c
	@mkdir -p $(LIBRARY)
	$(CC_LIBRARY) $(LIBRARY_FLAGS) -c $< -o $@

# Only the functions of lathe.h are seen from outside: the others have names that libtorch has too.
$(LIBRARY)/lathe.o: $(LIBRARY_OBJECTS) Sources/CArchive/exported_symbols.list
	ld -r -o $@ $(LIBRARY_OBJECTS)
	objcopy --keep-global-symbols=Sources/CArchive/exported_symbols.list $@

$(LIBRARY)/liblathe.a: $(LIBRARY)/lathe.o
	rm -f $@
	ar rcs $@ $<

$(LIBRARY)/liblathe.so: $(LIBRARY)/lathe.o
	$(CC_LIBRARY) -shared -Wl,-soname,liblathe.so.$(LIBRARY_VERSION) -Wl,-z,defs -Wl,--gc-sections -o $@ $< -lzip -lpthread -lm -ldl
	ln -sf liblathe.so $@.$(LIBRARY_VERSION)

$(LIBRARY)/lathe.h: Sources/CArchive/include/lathe.h
	cp $< $@

-include $(LIBRARY_OBJECTS:.o=.d)
