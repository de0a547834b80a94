# shellcheck shell=bash
# A private PostgreSQL server in a temporary folder that lives as long as the script that sources this file.

cluster=''
cluster_binaries=''
cluster_port=''
cluster_password=''

# shellcheck source=/dev/null
source "$(dirname "${BASH_SOURCE[0]}")/../server-user.sh"

# PostgreSQL refuses to run as root, which therefore hands its part to another user.
in_cluster() { cd "$cluster" && as_server_user postgres "$@"; }

# start_cluster BINARIES: in a folder of /tmp when root, whose own TMPDIR the other user may not see. The folder is that user's before anything
# is in it, and root neither writes nor reads there: what it took for a file could be a link to one of its own.
# SOLIDCACHE_POSTGRES_SETTINGS may hold further settings: -c name=value ...
start_cluster() {
  local parent=${TMPDIR:-/tmp} attempt
  (( EUID != 0 )) || parent=/tmp
  cluster_binaries=$1
  cluster_password=$(new_password)
  cluster=$(mktemp -d "${parent%/}/solidcache-postgres.XXXXXX") || return 1
  (( EUID != 0 )) || chown "$(server_user postgres)" "$cluster"
  create_cluster || { say "$1/initdb failed"; return 1; }
  # Another process may take a free port before the server does.
  for attempt in 1 2 3; do
    cluster_port=$("$(dirname "${BASH_SOURCE[0]}")/../free-port.sh")
    if (in_cluster "$cluster_binaries/pg_ctl" start --silent -w -t 60 -D data -l log \
      -o "-p $cluster_port ${SOLIDCACHE_POSTGRES_SETTINGS:-}"); then
      say "PostgreSQL $(server_major "$1") from $1 on port $cluster_port"
      return 0
    fi
  done
  say "$1/postgres did not start (attempt $attempt):"
  (in_cluster tail -n 20 log) >&2
  return 1
}

create_cluster() {
  (in_cluster sh -c 'umask 077; cat >password') <<<"$cluster_password" || return 1
  (in_cluster "$cluster_binaries/initdb" --pgdata data --username postgres --pwfile password \
    --auth scram-sha-256 --encoding UTF8 --locale C --no-sync) >/dev/null || return 1
  # fsync stays on: benchmarks measure it. No Unix socket: its path could get too long.
  (in_cluster sh -c 'cat >>data/postgresql.conf') <<'SETTINGS'
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
SETTINGS
}

cluster_connection_string() {
  echo "Host=127.0.0.1;Port=$cluster_port;Username=postgres;Password=$cluster_password;Database=postgres"
}

stop_cluster() {
  if [[ -n $cluster ]]; then
    if [[ -e $cluster/data/postmaster.pid ]]; then
      (in_cluster "$cluster_binaries/pg_ctl" stop --silent -w -m immediate -D data) >&2 || true
    fi
    rm -rf "$cluster"
    cluster=''
  fi
}
