#!/usr/bin/env bash
# Runs a command with a Redis server at hand, whatever the machine has to offer:
#
#   eng/with-redis.sh [--export NAME] [--] COMMAND [ARG...]
#
# COMMAND finds a connection string of StackExchange.Redis, host:port,password=..., in the environment variable
# NAME (SOLIDCACHE_BENCHMARK_REDIS unless told otherwise). The first of these that works is used:
#
#   1. NAME itself, when it is set already: that server is the caller's.
#   2. redis-server on this machine: a private one on a free port of 127.0.0.1 that keeps nothing on disk, and that
#      root runs as another user. Who has not its password can do nothing there: it is in no command line.
#   3. Docker: the same in a container.
#   4. apt-get, for root: its redis-server, as above.
#
# What is started here is stopped here, when COMMAND ends and on Ctrl-C; COMMAND's exit code is passed on.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=/dev/null
source "$here/run-command.sh"
# shellcheck source=/dev/null
source "$here/server-user.sh"
readonly exit_usage=64 exit_unavailable=69

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
password=''
container=''
address=''

# shellcheck disable=SC2317 # the trap below calls it
stop_server() {
  trap '' INT TERM HUP
  stop_program
  [[ -z $container ]] || docker rm --force "$container" >/dev/null 2>&1 || true
  [[ -z $folder ]] || rm -rf "$folder"
}
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# configuration [PORT]: what redis-server reads from its standard input.
configuration() {
  printf '%s\n' 'save ""' 'appendonly no' "requirepass $password" ${1:+'bind 127.0.0.1' "port $1"}
}

# answers HOST PORT: whether a server there takes the password.
answers() {
  local reply=''
  { exec 3<>"/dev/tcp/$1/$2"; } 2>/dev/null || return 1
  printf 'AUTH %s\r\n' "$password" >&3
  read -r -t 5 reply <&3 || true
  exec 3>&-
  [[ $reply == +OK* ]]
}

in_folder() { cd "$folder" && as_server_user redis "$@"; }

# By the number that it wrote itself, as its user: what root starts there has another's number.
stop_program() {
  [[ -n $server ]] || return 0
  # shellcheck disable=SC2016 # the user's shell expands it
  (in_folder sh -c 'kill -TERM "$(cat pid)"') 2>/dev/null || kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=''
}

# In a folder of /tmp when root, whose own TMPDIR the other user may not see; it is that user's before anything is in it, and root neither writes nor
# reads there.
start_program() {
  local parent=${TMPDIR:-/tmp} attempt
  local port deadline
  command -v redis-server >/dev/null || return 1
  (( EUID != 0 )) || parent=/tmp
  folder=$(mktemp -d "${parent%/}/solidcache-redis.XXXXXX") || return 1
  (( EUID != 0 )) || chown "$(server_user redis)" "$folder"
  # Another process may take a free port before the server does.
  for attempt in 1 2 3; do
    port=$("$here/free-port.sh")
    password=$(new_password)
    # shellcheck disable=SC2016 # the user's shell expands it
    (in_folder sh -c 'echo $$ >pid; exec redis-server - >log 2>&1') < <(configuration "$port") &
    server=$!
    deadline=$(( SECONDS + 10 ))
    while kill -0 "$server" 2>/dev/null && (( SECONDS < deadline )); do
      if answers 127.0.0.1 "$port"; then
        say "$(redis-server --version | cut -d ' ' -f 1-3) on port $port"
        address=127.0.0.1:$port
        return 0
      fi
      sleep 0.1
    done
    stop_program
  done
  say "redis-server did not start (attempt $attempt):"
  (in_folder tail -n 20 log) >&2
  rm -rf "$folder"
  folder=''
  return 1
}

start_container() {
  local attempt
  command -v docker >/dev/null && docker info >/dev/null 2>&1 || return 1
  container="solidcache-redis-$(new_password)" # a name that nobody takes first
  password=$(new_password)
  say 'starting a redis:8 container'
  # The password is not in the command line, which everybody on this machine may read.
  # shellcheck disable=SC2016 # the container's shell expands it
  if ! REDIS_CONFIGURATION=$(configuration) docker run --detach --rm --name "$container" --publish 127.0.0.1::6379 --env REDIS_CONFIGURATION \
    redis:8 sh -c 'echo "$REDIS_CONFIGURATION" | docker-entrypoint.sh redis-server -' >/dev/null; then
    container=''
    return 1
  fi
  for (( attempt = 0; attempt < 60; attempt++ )); do
    address=$(docker port "$container" 6379/tcp 2>/dev/null | head -n 1)
    if answers "${address%:*}" "${address##*:}"; then
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
  say "found no Redis. Install redis-server, or start Docker, or set $variable to host:port,password=..."
  exit "$exit_unavailable"
fi
export "$variable=$address,password=$password"

run_command "$@"
