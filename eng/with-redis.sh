#!/usr/bin/env bash
# Runs a command with a Redis server at hand, whatever the machine has to offer:
#
#   eng/with-redis.sh [--export NAME] [--] COMMAND [ARG...]
#
# COMMAND finds host:port in the environment variable NAME (SOLIDCACHE_BENCHMARK_REDIS unless told
# otherwise). The first of these that works is used:
#
#   1. NAME itself, when it is set already: that server is the caller's.
#   2. redis-server on this machine: a private one on a free port of 127.0.0.1 that keeps nothing on disk.
#   3. Docker: the same in a container.
#   4. apt-get, for root: its redis-server, as above.
#
# What is started here is stopped here, when COMMAND ends and on Ctrl-C; COMMAND's exit code is passed on.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
source "$here/run-command.sh"
readonly exit_usage=64 exit_unavailable=69
readonly keep_nothing=(--save '' --appendonly no)

say() { echo "with-redis: $*" >&2; }

usage() {
  say "$1"
  say 'usage: eng/with-redis.sh [--export NAME] [--] COMMAND [ARG...]'
  exit "$exit_usage"
}

variable=SOLIDCACHE_BENCHMARK_REDIS
while (( $# > 0 )); do
  case $1 in
    --export) variable=${2:-}; shift 2 || usage '--export needs a name' ;;
    --) shift; break ;;
    -*) usage "unknown option $1" ;;
    *) break ;;
  esac
done
[[ $variable =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || usage "'$variable' is no name for a variable"
(( $# > 0 )) || usage 'which command?'

if [[ -n ${!variable:-} ]]; then
  exec "$@"
fi

folder=''
server=''
container=''
address=''

# shellcheck disable=SC2317 # the trap below calls it
stop_server() {
  trap '' INT TERM HUP
  if [[ -n $server ]]; then
    kill -TERM "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  [[ -z $container ]] || docker rm --force "$container" >/dev/null 2>&1 || true
  [[ -z $folder ]] || rm -rf "$folder"
}
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# accepts HOST PORT: whether something listens there.
accepts() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

start_program() {
  local port attempt deadline
  command -v redis-server >/dev/null || return 1
  folder=$(mktemp -d "${TMPDIR:-/tmp}/solidcache-redis.XXXXXX") || return 1
  # Another process may take a free port before the server does.
  for attempt in 1 2 3; do
    port=$("$here/free-port.sh")
    ( cd "$folder" && exec redis-server --bind 127.0.0.1 --port "$port" "${keep_nothing[@]}" ) >"$folder/log" 2>&1 &
    server=$!
    deadline=$(( SECONDS + 10 ))
    while kill -0 "$server" 2>/dev/null && (( SECONDS < deadline )); do
      if accepts 127.0.0.1 "$port"; then
        say "$(redis-server --version | cut -d ' ' -f 1-3) on port $port"
        address=127.0.0.1:$port
        return 0
      fi
      sleep 0.1
    done
    kill -TERM "$server" 2>/dev/null || true
    server=''
  done
  say "redis-server did not start (attempt $attempt):"
  tail -n 20 "$folder/log" >&2
  return 1
}

start_container() {
  local attempt
  command -v docker >/dev/null && docker info >/dev/null 2>&1 || return 1
  container="solidcache-redis-$(od -An -N 16 -tx1 /dev/urandom | tr -d ' \n')" # a name that nobody takes first
  say 'starting a redis:8 container'
  if ! docker run --detach --rm --name "$container" --publish 127.0.0.1::6379 redis:8 redis-server "${keep_nothing[@]}" >/dev/null; then
    container=''
    return 1
  fi
  for (( attempt = 0; attempt < 60; attempt++ )); do
    if docker exec "$container" redis-cli ping >/dev/null 2>&1; then
      address=$(docker port "$container" 6379/tcp | head -n 1)
      return 0
    fi
    sleep 0.5
  done
  say 'the redis:8 container did not become ready'
  return 1
}

install_program() {
  "$here/apt-program.sh" redis-server redis-server 'the demo and the benchmarks'
}

if ! start_program && ! start_container && ! { install_program && start_program; }; then
  say "found no Redis. Install redis-server, or start Docker, or set $variable to host:port."
  exit "$exit_unavailable"
fi
export "$variable=$address"

run_command "$@"
