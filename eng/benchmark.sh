#!/usr/bin/env bash
# Builds the benchmarks and runs one of them, with a PostgreSQL and a Redis server at hand:
#
#   eng/benchmark.sh                         what there is to run
#   eng/benchmark.sh compare --sizes 1024    the contestants in turn
#   eng/benchmark.sh bdn --filter '*Get*'    the same cases under BenchmarkDotNet
#   eng/benchmark.sh scale                   a scenario
#   eng/benchmark.sh plot                    charts and tables of the documentation, from the results
#
# A server of your own is used when SOLIDCACHE_BENCHMARK_POSTGRES (an Npgsql connection string of a
# superuser) or SOLIDCACHE_BENCHMARK_REDIS (one of StackExchange.Redis) is set. Both are emptied. A PostgreSQL that is
# started here gets the settings in SOLIDCACHE_POSTGRES_SETTINGS (-c name=value ...).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

project=benchmarks/SolidCache.Postgres.Benchmarks
program=$project/bin/Release/net10.0/SolidCache.Postgres.Benchmarks.dll

built=$(dotnet build "$project" -c Release --nologo -v quiet 2>&1) || { echo "$built" >&2; exit 1; }

case ${1:-} in
  ''|-*|plot) exec dotnet "$program" "$@" ;; # nothing that needs a server
esac
for argument in "$@"; do
  case $argument in
    -h|--help|-\?) exec dotnet "$program" "$@" ;;
  esac
done

# Two of the contestants keep a hundred connections each. All else is the server's default, but for the
# 256 MB of shared_buffers in eng/postgres/cluster.sh.
export SOLIDCACHE_POSTGRES_SETTINGS=${SOLIDCACHE_POSTGRES_SETTINGS:--c max_connections=400}

exec eng/with-postgres.sh --export SOLIDCACHE_BENCHMARK_POSTGRES -- \
  eng/with-redis.sh --export SOLIDCACHE_BENCHMARK_REDIS -- \
  dotnet "$program" "$@"
