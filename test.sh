#!/usr/bin/env bash
# Runs all tests, with a PostgreSQL server that eng/with-postgres.sh finds, starts and stops. Tests of the sample and of what the
# documentation says use other programs too, which are installed here where that is allowed; a test whose program is missing fails and says so.
#
#   ./test.sh [--postgres 15|16|17|18] [further arguments of dotnet test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

server=()
if [[ ${1:-} == --postgres ]]; then
  server=(--postgres "${2:?--postgres needs a version}")
  shift 2
fi
need() { eng/apt-program.sh "$@" || true; }
need redis-server redis-server 'tests of the sample'
[[ -n ${SOLIDCACHE_TEST_BROWSER:-} ]] || command -v google-chrome chromium-browser >/dev/null || need chromium chromium "tests of the sample's page"
need psql postgresql-client 'tests of docs/operations.md'
need promtool prometheus 'tests of the alerts'
need /usr/lib/postgresql/15/lib/pg_cron.so postgresql-15-cron 'the test of pg_cron'
# A server that only lives for the tests has nothing to save from a crash of the machine. What other crashes leave is the question of eng/fault-tests.sh.
export SOLIDCACHE_POSTGRES_SETTINGS=${SOLIDCACHE_POSTGRES_SETTINGS:--c fsync=off}
# "${server[@]}" alone is an error in macOS' Bash when the array is empty.
exec eng/with-postgres.sh ${server[@]+"${server[@]}"} -- dotnet test SolidCache.Postgres.sln -c Release "$@"
