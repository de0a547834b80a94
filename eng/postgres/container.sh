# shellcheck shell=bash
# A PostgreSQL server in a Docker container that lives as long as the script that sources this file.

container=''
container_password=''

# Whether a Docker engine runs here; one that hangs counts as none.
docker_answers() {
  command -v docker >/dev/null || return 1
  local limit=()
  if command -v timeout >/dev/null; then
    limit=(timeout 5)
  fi
  ${limit[@]+"${limit[@]}"} docker info >/dev/null 2>&1
}

# start_container MAJOR
start_container() {
  local attempt
  container_password=$(new_password)
  container="solidcache-postgres-$(new_password)" # a name that nobody takes first
  say "starting a postgres:$1 container"
  # The password is not in the command line, which everybody on this machine may read.
  # shellcheck disable=SC2086 # several settings are several words
  if ! POSTGRES_PASSWORD=$container_password docker run --detach --rm --name "$container" --publish 127.0.0.1::5432 \
    --env POSTGRES_PASSWORD "postgres:$1" -c max_connections=200 ${SOLIDCACHE_POSTGRES_SETTINGS:-} >/dev/null; then
    container=''
    return 1
  fi
  # The image's entrypoint first runs a server for its own setup that answers on no TCP port.
  for (( attempt = 0; attempt < 120; attempt++ )); do
    if docker exec "$container" pg_isready --quiet --host 127.0.0.1; then
      return 0
    fi
    sleep 0.5
  done
  say "the postgres:$1 container did not become ready"
  docker logs --tail 20 "$container" >&2 || true
  stop_container
  return 1
}

container_connection_string() {
  local address
  address=$(docker port "$container" 5432/tcp | head -n 1)
  echo "Host=127.0.0.1;Port=${address##*:};Username=postgres;Password=$container_password;Database=postgres"
}

stop_container() {
  if [[ -n $container ]]; then
    docker rm --force --volumes "$container" >/dev/null 2>&1 || true
    container=''
  fi
}
