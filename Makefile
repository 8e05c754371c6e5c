# make run    set up, build, open the workbench on demo-models/
# make test   set up, build, run the tests
# make library  build the C library that runs archives, in .build/library
# make fuzz   compare a thousand random graphs (GRAPHS=n: n of them), compiled and eager
SWIFT ?= $(shell command -v swift || echo /opt/swift/usr/bin/swift)
PREFIX ?= /usr/local
DESTDIR ?=
GRAPHS ?= 1000
export PATH := $(dir $(SWIFT)):$(PATH)

.PHONY: run test fuzz setup release install clean
.DEFAULT_GOAL := run
include Sources/CArchive/library.mk

run: release
	@.build/release/lathe open demo-models

test: setup
	$(SWIFT) build --build-tests
	$(SWIFT) test --skip-build

fuzz: setup
	$(SWIFT) build --build-tests
	LATHE_FUZZ=$(GRAPHS) $(SWIFT) test --skip-build --filter FuzzTests

setup:
	@Tools/setup.sh $(SWIFT)

# With what all archives have in common, compiled.
release: setup
	$(SWIFT) build -c release --product lathe
	@.build/release/lathe prebuild .build/release/runtime

install: release
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/lathe/runtime
	install -m 755 .build/release/lathe $(DESTDIR)$(PREFIX)/bin/lathe
	cp -r themes demo-models $(DESTDIR)$(PREFIX)/share/lathe/
	cp .build/release/runtime/* $(DESTDIR)$(PREFIX)/share/lathe/runtime/

clean:
	$(SWIFT) package clean
