#!/bin/sh
# Makes sure of what building and testing Lathe needs beside Swift itself: as root on Debian and Ubuntu it installs what is missing,
# otherwise it names it and stops.
set -eu

missing=""
need() { # package, then a command that succeeds where the package is there
  package=$1
  shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}
compiles() { # a header, as C
  printf '#include <%s>\n' "$1" | "${CC:-cc}" -fsyntax-only -x c - 2>/dev/null ||
    printf '#include <%s>\n' "$1" | clang -fsyntax-only -x c -
}

need pkg-config command -v pkg-config
need libncursesw5-dev compiles curses.h
need libzip-dev compiles zip.h
need zlib1g-dev compiles zlib.h
need libstdc++-12-dev test -n "$(ls -d /usr/lib/gcc/*/*/libstdc++.so 2>/dev/null)"
need libc6-dev compiles stdlib.h
# Functions that archives compiled by PyTorch ask for.
need libsleef3 test -n "$(ls /usr/lib/*/libsleef.so.3 2>/dev/null)"
need libgomp1 test -n "$(ls /usr/lib/*/libgomp.so.1 2>/dev/null)"
need binutils command -v ld.gold
need git command -v git
need ca-certificates test -e /etc/ssl/certs/ca-certificates.crt
need tmux command -v tmux
# The Swift toolchain's own libraries.
for pair in libxml2:libxml2.so.2 libcurl4:libcurl.so.4 libedit2:libedit.so.2 libsqlite3-0:libsqlite3.so.0 zlib1g:libz.so.1; do
  need "${pair%%:*}" test -n "$(ls /usr/lib/*/"${pair#*:}"* /lib/*/"${pair#*:}"* 2>/dev/null)"
done

if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null; then
    echo "Lathe needs, under Debian's names:$missing. Install your system's packages for them and try again." >&2
    exit 1
  elif [ "$(id -u)" -ne 0 ]; then
    echo "Lathe needs some packages. Install them and try again: sudo apt-get install -y$missing" >&2
    exit 1
  fi
  echo "installing$missing"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  apt-get install -y --no-install-recommends $missing >/dev/null 2>&1 || {
    apt-get update >/dev/null
    apt-get install -y --no-install-recommends $missing >/dev/null
  }
fi

swift=${1:-swift}
if ! "$swift" --version >/dev/null 2>&1; then
  echo "Lathe needs Swift 6.1 or later on the PATH ('$swift' does not run): https://www.swift.org/install" >&2
  exit 1
fi
