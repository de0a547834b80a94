#!/usr/bin/env bash
# Makes sure that a file of a Debian package is there: asks apt-get, for root, else says who misses it and ends with an error.
#
#   eng/apt-program.sh FILE PACKAGE WHAT_NEEDS_IT
#
# FILE is the name of a program, or a path.
set -euo pipefail

file=${1:?}
package=${2:?}
user=${3:?}

there() { [[ -e $file ]] || command -v "$file" >/dev/null; }

missing() { ! there && (( EUID == 0 )) && command -v apt-get >/dev/null; }

if missing; then
  # One at a time: apt-get itself fails when another is at work.
  exec 9<"${BASH_SOURCE[0]}"
  flock 9
fi
if missing; then
  echo "apt-program: asking apt-get for $package" >&2
  apt-get update -qq >/dev/null 2>&1 || true
  # RUNLEVEL and systemctl: the program only, no server that starts now or with the machine.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -o DPkg::Lock::Timeout=300 -qq --no-install-recommends "$package" >/dev/null 2>&1 || true
  systemctl disable "$package" >/dev/null 2>&1 || true
fi
there || { echo "apt-program: $file is missing, which $user need. Install $package, or what your system calls it." >&2; exit 69; }
