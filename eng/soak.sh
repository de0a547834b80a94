#!/usr/bin/env bash
# Breaks a PostgreSQL server in random ways, one after the other, while caches use it: none may show what cannot be, stay away, or leak.
#
#   eng/soak.sh [--minutes N] [--seed N] [--fault PART_OF_ITS_NAME] [--no-build]
#
# Three nodes, one of which sends each entry alone (the seed says which), serve 24 asynchronous callers and 8 that block, with values of a kilobyte and, now and
# then, of two megabytes; one call in fifty is cancelled under way. A call that takes a second longer than its limit fails the soak.
# Lasts ten minutes unless told otherwise. Each run has faults of its own; the seed, which it prints, repeats them. --fault leaves all others out.
# SOLIDCACHE_SOAK_TABLE names a file for the tables of figures that it ends with. Needs what eng/fault-tests.sh needs.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

usage() {
  echo "soak: $1" >&2
  echo 'usage: eng/soak.sh [--minutes N] [--seed N] [--fault PART_OF_ITS_NAME] [--no-build]' >&2
  exit 64
}

# number OPTION VALUE: fails unless the value is a whole number that a run can use.
number() {
  [[ ${2:-} =~ ^(0|[1-9][0-9]{0,5})$ ]] || usage "$1 takes a whole number below a million, and not '${2:-}'"
}

minutes=10
further=()
while (( $# > 0 )); do
  case $1 in
    --minutes) number "$@"; (( $2 > 0 )) || usage '--minutes takes at least 1'; minutes=$2; shift 2 ;;
    --seed) number "$@"; export SOLIDCACHE_SOAK_SEED=$2; shift 2 ;;
    --fault) [[ -n ${2:-} ]] || usage '--fault takes a part of its name'; export SOLIDCACHE_SOAK_FAULT=$2; shift 2 ;;
    --no-build) further+=("$1"); shift ;;
    *) usage "'$1' is none of its arguments" ;;
  esac
done

export SOLIDCACHE_SOAK_SECONDS=$(( minutes * 60 ))
exec eng/fault-tests.sh "${further[@]}" --filter 'TestCategory=Soak' --logger 'console;verbosity=normal'
