#!/usr/bin/env bash
# Starts the sample service on a PostgreSQL server of its own, shows with a tour of requests what the
# cache does, and leaves the service running until Ctrl-C. With --once it ends after the tour, with the
# tour's result as its exit code. Permissions are kept in a Redis that lives in the service's process; with
# --redis in a real one.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

once=no
redis=no
for option in "$@"; do
  case $option in
    --once) once=yes ;;
    --redis) redis=yes ;;
    *) echo 'usage: ./demo.sh [--once] [--redis]' >&2; exit 64 ;;
  esac
done
for program in dotnet curl; do
  command -v "$program" >/dev/null || { echo "demo.sh: $program is needed and not installed" >&2; exit 69; }
done

# The first time round there is no server yet: with-postgres.sh starts one and this script again.
if [[ -z ${ConnectionStrings__Postgres:-} ]]; then
  exec eng/with-postgres.sh --export ConnectionStrings__Postgres -- ./demo.sh "$@"
fi

if [[ $redis == yes && -z ${ConnectionStrings__Redis:-} ]]; then
  exec eng/with-redis.sh --export ConnectionStrings__Redis -- ./demo.sh "$@"
fi

log=$(mktemp)
service=''
# shellcheck disable=SC2317 # the trap below calls it
stop_service() {
  trap '' INT TERM HUP
  if [[ -n $service ]]; then
    kill -TERM "$service" 2>/dev/null || true
    wait "$service" 2>/dev/null || true
  fi
  rm -f "$log"
}
trap stop_service EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  echo "demo.sh: $1" >&2
  tail -n 40 "$log" >&2
  exit 1
}

echo 'Building the sample ...'
dotnet build samples/AuthService -c Release --nologo -v quiet -clp:NoSummary >"$log" 2>&1 || fail 'the sample does not build:'

address=http://127.0.0.1:$(eng/free-port.sh)
echo "Starting it on $address ..."
# Development: with the demonstration's users, and a key for access tokens that ends with the process. A crowd, so that queries cost something,
# and profiles that expire while one looks on.
ASPNETCORE_ENVIRONMENT=Development Seed__Crowd=300000 Profiles__Lifetime=00:00:12 dotnet run --project samples/AuthService -c Release --no-build \
  --no-launch-profile -- --urls "$address" >"$log" 2>&1 &
service=$!
deadline=$(( SECONDS + 60 ))
until curl --silent --fail --noproxy '*' --max-time 5 --output /dev/null "$address/health"; do
  kill -0 "$service" 2>/dev/null || fail 'the service ended:'
  (( SECONDS < deadline )) || fail 'the service is not healthy after a minute:'
  sleep 0.2
done

result=0
eng/demo-tour.sh "$address" || result=$?
if [[ $once == yes ]]; then
  exit "$result"
fi

printf '\nThe service goes on at %s, its log is %s. Ctrl-C stops it.\n' "$address" "$log"
printf 'Its administrators have a page: %s/admin (admin@example.com, Admin-demo-1). The API: %s/docs\n' "$address" "$address"
trap 'exit "$result"' INT TERM HUP
wait "$service" || fail 'the service ended:'
