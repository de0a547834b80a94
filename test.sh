#!/usr/bin/env bash
# Runs all tests, with a PostgreSQL server that eng/with-postgres.sh finds, starts and stops, and with Redis and a
# browser on the machine, which the sample's tests start themselves (two scripts install them where they may):
#
#   ./test.sh [--postgres 15|16|17|18] [further arguments of dotnet test]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

server=()
if [[ ${1:-} == --postgres ]]; then
  server=(--postgres "${2:?--postgres needs a version}")
  shift 2
fi
eng/redis-server.sh
eng/browser.sh
# "${server[@]}" alone is an error in macOS' Bash when the array is empty.
exec eng/with-postgres.sh ${server[@]+"${server[@]}"} -- dotnet test SolidCache.Postgres.sln -c Release "$@"
