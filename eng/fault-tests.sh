#!/usr/bin/env bash
# Runs the tests of faults: PostgreSQL servers of their own that are stopped, killed, frozen and cut off while the cache is in use.
#
#   eng/fault-tests.sh [further arguments of dotnet test]
#
# Needs Linux, PostgreSQL 15's server programs (in /usr/lib/postgresql/15/bin, or the folder SOLIDCACHE_FAULT_POSTGRES) and PgBouncer, which are
# installed here where that is allowed; and root for the faults of disks and networks, which are ignored without it, and fail where CI is set.
# SOLIDCACHE_FAULT_TABLE names a file to which each fault adds a row of a Markdown table; SOLIDCACHE_FAULT_SECONDS is for how long connections are
# ended (10). .ci/run leaves those of the category Long out, which repeat another's fault in another way or need a machine that nobody else uses, to stay within its time, and runs the others in three parts beside each other. eng/soak.sh
# runs those of the category Soak, random faults one after the other, for longer than the half minute of here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[[ -n ${SOLIDCACHE_FAULT_POSTGRES:-} ]] || eng/apt-program.sh /usr/lib/postgresql/15/bin/postgres postgresql-15 'the tests of faults' || true
eng/apt-program.sh /usr/sbin/pgbouncer pgbouncer 'the tests of faults' || true
eng/apt-program.sh ip iproute2 'the tests of faults' || true
eng/apt-program.sh iptables iptables 'the tests of faults' || true

# As in eng/with-postgres.sh: no name is looked up for a connection.
export PGGSSENCMODE=${PGGSSENCMODE:-disable}

# In /tmp, since root runs the servers as another user, who may not see TMPDIR.
SOLIDCACHE_FAULT_FOLDER=$(mktemp -d /tmp/solidcache-faults.XXXXXX)
export SOLIDCACHE_FAULT_FOLDER
chmod 711 "$SOLIDCACHE_FAULT_FOLDER"

# What a run that was killed has left: the tests themselves stop and delete what they start.
clean_up() {
  local lock server disk folder
  for lock in "$SOLIDCACHE_FAULT_FOLDER"/*/data/postmaster.pid; do
    [[ -e $lock ]] || continue
    server=$(head -n 1 "$lock")
    [[ $(readlink "/proc/$server/cwd") != "${lock%/postmaster.pid}" ]] || kill -KILL "$server" || true
  done
  while read -r _ disk _; do
    [[ $disk != "$SOLIDCACHE_FAULT_FOLDER"/* ]] || umount --lazy "$disk" || true
  done </proc/mounts
  for folder in "$SOLIDCACHE_FAULT_FOLDER"/*; do
    [[ ! -e /run/netns/${folder##*/} ]] || ip netns delete "${folder##*/}" || true
  done
  rm -rf "$SOLIDCACHE_FAULT_FOLDER"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

dotnet test tests/SolidCache.Postgres.FaultTests -c Release -p:FaultTests=true "$@"
